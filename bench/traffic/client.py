"""A client of HTTP/1.1 on one connection that it keeps, and opens again after an error."""

from fronts import NAME

PIECE = 256 * 1024


class Client:
    def __init__(self, scene, headers):
        self.scene = scene
        self.lines = "".join(f"{name}: {value}\r\n" for name, value in {"Host": NAME, **headers}.items())
        self.reader = self.writer = None

    async def request(self, method, target, headers=None, body=None):
        """(status, headers by lower-case name, bytes of the body, which are not kept)."""
        try:
            if self.writer is None:
                self.reader, self.writer = await self.scene.connect("http/1.1")
            await self.send(method, target, headers or {}, body)
            return await self.answer()
        except BaseException:  # also when it is given up: what comes next would be the answer to this one
            self.drop()
            raise

    async def send(self, method, target, headers, body):
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        length = f"Content-Length: {len(body)}\r\n" if body is not None else ""
        self.writer.write(f"{method} {target} HTTP/1.1\r\n{self.lines}{lines}{length}\r\n".encode())
        for start in range(0, len(body or b""), PIECE):
            self.writer.write(body[start:start + PIECE])
            await self.writer.drain()

    async def answer(self):
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split()[1])
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in head[1:] if line)}
        if status in (204, 304):
            size = 0
        elif headers.get("transfer-encoding", "").lower() == "chunked":
            size = await self.chunks()
        elif "content-length" in headers:
            size = await self.skip(int(headers["content-length"]))
        else:  # RFC 9112 6.3: it goes on until the connection ends
            size = len(await self.reader.read())
        if headers.get("connection", "").lower() == "close":
            self.drop()
        return status, headers, size

    async def chunks(self):
        total = 0
        while size := int((await self.line()).split(b";")[0], 16):
            total += await self.skip(size)
            await self.line()
        while await self.line():  # trailers
            pass
        return total

    async def line(self):
        return (await self.reader.readuntil(b"\r\n"))[:-2]

    async def skip(self, size):
        left = size
        while left:
            piece = await self.reader.read(min(left, PIECE))
            if not piece:
                raise EOFError
            left -= len(piece)
        return size

    def drop(self):
        """Closes at once, without a farewell."""
        if self.writer is not None:
            self.writer.transport.abort()
        self.reader = self.writer = None
