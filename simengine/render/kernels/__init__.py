"""The ray tracer's device code in NVIDIA Warp: one source for CPU and CUDA."""
