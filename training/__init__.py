"""Training from motion capture of what the core ships as weights: lifters and contacts."""
