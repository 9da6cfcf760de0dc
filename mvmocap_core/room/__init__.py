"""What the straight lines of the room say about a camera: its lens, and how it is turned."""
