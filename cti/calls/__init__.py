"""The call model: facts about channels go in, calls and their events come out. Pure: no I/O and no clock."""
