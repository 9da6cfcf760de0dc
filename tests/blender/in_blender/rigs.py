"""Rigs of the families that the presets know."""

import bpy

from benchmarks.in_blender.rig_objects import add_metarig, add_rigify_rig, add_skeleton
from benchmarks.rig_families import load_family


def add_mixamo() -> bpy.types.Object:
    """A T-posed skeleton as Mixamo's FBX comes in: centimetres, Y up, names with a prefix."""
    return add_skeleton(load_family("mixamo"))


RIGS = {"mixamo": add_mixamo, "metarig": add_metarig, "rigify": add_rigify_rig}
