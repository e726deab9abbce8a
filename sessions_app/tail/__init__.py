"""Reading a Minecraft server's log beside that server, and sending it to one of ours.

It runs on the game server's machine, so nothing here knows the database.
"""
