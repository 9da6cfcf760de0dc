"""Markerless motion capture from two uncalibrated, unsynchronised videos."""

__version__ = "0.1.0"
