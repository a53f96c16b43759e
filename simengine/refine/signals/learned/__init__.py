"""Refiners of signals that learn: one-dimensional CycleGAN and diffusion, on top of the transfer path."""
