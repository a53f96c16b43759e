"""Labels: masks, boxes, poses and visibility from one id buffer."""
