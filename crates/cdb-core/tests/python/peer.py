"""The official Python client, doing what another program says: one JSON array a line.

["subscribe", path, transform, is_downlink, answer] gives ["heard", path, datapoints] whenever
something comes; ["insert", path, value] gives ["inserted"]; [method, path, arguments…] calls any
other method, of the connection if the path is empty, and gives ["done"].
"""

import json
import sys

from connectordb import ConnectorDB


def say(*what):
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main(url, key):
    cdb = ConnectorDB(key, url=url)
    for line in sys.stdin:
        command, path, *rest = json.loads(line)
        if command == "subscribe":
            transform, is_downlink, answer = rest

            def heard(path, data, answer=answer):
                say("heard", path, data)
                return answer

            cdb(path).subscribe(heard, transform=transform, downlink=is_downlink)
        elif command == "insert":
            cdb(path).insert(*rest)
            say("inserted")
        else:
            getattr(cdb(path) if path else cdb, command)(*rest)
            say("done")


main(*sys.argv[1:])
