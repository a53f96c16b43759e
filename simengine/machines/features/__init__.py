"""Features of vibration: whitening, envelopes on the order axis, kurtogram, order tracking, severity."""
