"""A road between a server and its clients on which every answer takes its time."""

import queue
import socket
import threading
import time
from socketserver import BaseRequestHandler, ThreadingTCPServer


class _Server(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True


class SlowRoad:
    def __init__(self, port):
        """To a port of this machine; `delay` is in seconds."""
        self.delay = 0.0
        road = self

        class Handler(BaseRequestHandler):
            def handle(self):
                try:
                    with self.request as client, socket.create_connection(("127.0.0.1", port)) as server:
                        road._join(client, server)
                except OSError:
                    # Whoever hangs up early gets no answer.
                    pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, name="slow road", daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def _join(self, client, server):
        on_the_way = queue.SimpleQueue()
        threading.Thread(target=self._carry, args=(client, server), daemon=True).start()
        threading.Thread(target=self._deliver, args=(on_the_way, client), daemon=True).start()
        try:
            while data := server.recv(65536):
                # Each by itself: what comes later does not wait for longer.
                on_the_way.put((time.monotonic() + self.delay, data))
        finally:
            on_the_way.put((0, None))

    @staticmethod
    def _carry(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    @staticmethod
    def _deliver(on_the_way, client):
        try:
            while (item := on_the_way.get())[1] is not None:
                time.sleep(max(0.0, item[0] - time.monotonic()))
                client.sendall(item[1])
            client.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
