"""PyTorch for the graphics card, fetched when asked for. Knows nothing of Blender."""
