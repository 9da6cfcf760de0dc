"""Several performers: who is who in both videos, and one solve of them all."""
