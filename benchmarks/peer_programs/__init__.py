"""Programs that run another triangulation in its own environment; they import nothing of ours."""
