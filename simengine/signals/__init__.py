"""What both halves know of vibration: bearing kinematics, the shaft's clock, envelope and order analysis."""
