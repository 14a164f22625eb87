"""Shifts on a virtual clock, through the real pacing code: what would a setting, a team, a list have brought."""
