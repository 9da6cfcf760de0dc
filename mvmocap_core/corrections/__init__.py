"""What a person corrected by hand in the detections, and how it takes effect."""
