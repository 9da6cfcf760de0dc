"""Benchmarks: `python -m benchmarks NAME`, or `./run bench NAME`."""
