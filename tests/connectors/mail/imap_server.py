"""A mailbox that speaks enough IMAP (RFC 3501) for a client that polls: real bytes over a real socket."""

import re
import socketserver
import threading
from dataclasses import dataclass, field


@dataclass
class MailboxServer:
    """One user, one folder. `hang_up_before` ends the connection when that command comes, once."""

    uidvalidity: int = 1
    password: str = "secret"
    mails: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    commands: list[str] = field(default_factory=list)
    hang_up_before: str | None = None
    refused: set[int] = field(default_factory=set)

    def start(self) -> str:
        """Listen on a free loopback port; the URL."""
        server = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"* OK ready\r\n")
                while line := self.rfile.readline():
                    tag, _, command = line.decode().strip().partition(" ")
                    server.commands.append(command)
                    if server.hang_up_before and command.startswith(server.hang_up_before):
                        server.hang_up_before = None
                        return
                    status = server._answer(command, self.wfile.write)
                    self.wfile.write(f"{tag} {status}\r\n".encode())

        self._tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self._tcp.daemon_threads = True
        threading.Thread(target=self._tcp.serve_forever, args=(0.05,), daemon=True).start()
        return f"imap://wang%40example.com:{self.password}@127.0.0.1:{self._tcp.server_address[1]}/INBOX"

    def stop(self) -> None:
        """Stop listening."""
        self._tcp.shutdown()
        self._tcp.server_close()

    def _answer(self, command: str, write: object) -> str:
        assert callable(write)
        if command.startswith("CAPABILITY"):
            write(b"* CAPABILITY IMAP4rev1\r\n")
        elif command.startswith("LOGIN"):
            if self.password not in command:
                return "NO wrong password"
        elif command.startswith("SELECT"):
            write(
                f"* {len(self.mails)} EXISTS\r\n* OK [UIDVALIDITY {self.uidvalidity}] x\r\n".encode()
            )
            return "OK [READ-WRITE] done"
        elif command == "UID SEARCH UNSEEN":
            found = sorted(self.mails.keys() - self.seen)
            write(f"* SEARCH {' '.join(map(str, found))}\r\n".encode())
        elif found_range := re.fullmatch(r"UID SEARCH UID (\d+):\*", command):
            first = int(found_range[1])
            last = max(self.mails, default=0)
            found = sorted(
                {u for u in self.mails if u >= first} | ({last} if self.mails else set())
            )
            write(f"* SEARCH {' '.join(map(str, found))}\r\n".encode())
        elif fetch := re.fullmatch(r"UID FETCH (\d+) \((.+)\)", command):
            uid = int(fetch[1])
            if uid in self.refused:
                return "NO the message is damaged"
            if raw := self.mails.get(uid):
                if fetch[2] == "RFC822.SIZE":
                    write(f"* 1 FETCH (UID {uid} RFC822.SIZE {len(raw)})\r\n".encode())
                else:
                    write(
                        f"* 1 FETCH (UID {uid} BODY[] {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"
                    )
        elif flagged := re.fullmatch(r"UID STORE (\d+) \+FLAGS.SILENT \(\\Seen\)", command):
            self.seen.add(int(flagged[1]))
        elif command == "LOGOUT":
            write(b"* BYE\r\n")
        else:
            return f"BAD unknown: {command}"
        return "OK done"
