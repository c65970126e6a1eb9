"""Runs commands with the official Python client: one JSON array for each line of standard input.

| command                                         | lines of output                               |
|-------------------------------------------------|-----------------------------------------------|
| ["subscribe", path, transform, downlink, reply] | ["received", path, datapoints] for each batch |
| ["insert", path, value]                         | ["inserted"]                                  |
| [method, path, arguments...]                    | ["done"]                                      |

The last form calls any other method of the object at the path, or of the connection if the path is
empty.
"""

import json
import sys

from connectordb import ConnectorDB


def send(*message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main(url, key):
    cdb = ConnectorDB(key, url=url)
    for line in sys.stdin:
        command, path, *rest = json.loads(line)
        if command == "subscribe":
            transform, is_downlink, reply = rest

            def received(path, data, reply=reply):
                send("received", path, data)
                return reply

            cdb(path).subscribe(received, transform=transform, downlink=is_downlink)
        elif command == "insert":
            cdb(path).insert(*rest)
            send("inserted")
        else:
            getattr(cdb(path) if path else cdb, command)(*rest)
            send("done")


main(*sys.argv[1:])
