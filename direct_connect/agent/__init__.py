"""The agent: hands what programs in other languages tell, line by line, to the direct connections of their printers.

`docs/howto/agent.md` is the protocol. From the line to the spool:

    lines.py      bytes into lines of bounded length
    commands.py   a line into a command, or why not
    printers.py   the connections, one for each printer, on one spool and one worker
    session.py    one client: its commands in order, many to a commit, one answer each
    listening.py  the Unix socket, and who may come in
    program.py    the process: files, signals, figures
"""
