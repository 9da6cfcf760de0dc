"""Fingers and wrists: where to look for hands, and the hand fitted to what the views saw."""
