"""Several people by voxels: SelfPose3d (Srivastav et al., CVPR 2024), no cameras given."""
