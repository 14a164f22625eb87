"""Campaigns that dial by themselves: pacing, permits, retries. Pure: no input or output, no clock."""
