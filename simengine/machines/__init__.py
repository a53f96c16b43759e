"""Rotating machines as pure numerics: kinematics, faults, structure, sensors and features of vibration."""
