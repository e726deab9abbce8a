"""The database engine ``telemetry.postgres``: Django's PostgreSQL, and a server to go with it.

With ``DATABASE_URL`` it is Django's own backend. Without one it keeps a PostgreSQL server of its
own below the data folder: started when the first connection is asked for, shared by every process
of this installation, stopped when the last of them ends.

Who does what:

- ``base``: the Django backend; the only module here that Django loads.
- ``embedded``: ``ensure_running()``, the side of a process that uses the server.
- ``supervisor``: the small detached process that starts, watches and stops the server.
- ``cluster``: one data folder's server: create, launch, clean up after a crash.
- ``binaries``, ``osuser``, ``config``, ``layout``: what it runs, as whom, set up how, kept where.

Everything but ``base`` and ``embedded`` is free of Django, because the supervisor is.
"""
