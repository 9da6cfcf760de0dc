"""Training the lifters from motion capture."""
