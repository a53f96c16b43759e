"""How close synthetic data comes to real data: every metric with an interval and the floor of real against real."""
