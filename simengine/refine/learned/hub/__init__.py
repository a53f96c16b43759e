"""Diffusion models of the hub: Stable Diffusion, its ControlNets, and LoRA trained on the user's photos."""
