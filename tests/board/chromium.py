"""A real Chromium without a screen, driven through its DevTools protocol: what the page does and what it looks like."""

import asyncio
import base64
import contextlib
import itertools
import json
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from tests.tools import find_tool

_START_S = 40.0
_WAIT_S = 20.0
_END_S = 5.0
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-sync",
    "--metrics-recording-only",
    "--mute-audio",
    "--no-first-run",
    "--no-default-browser-check",
    "--remote-debugging-port=0",
)


class Navigated(RuntimeError):
    """The page that was asked has made way for another one."""


class Tab:
    """One page. `requests` are the addresses it asked for, `complaints` what its console says went wrong.

    `heard` is what its event streams brought.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.heard: list[str] = []
        self._answered: list[str] = []
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def listen(self) -> None:
        """Take what the browser sends, until it closes."""
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                self._answers.pop(told["id"]).set_result(told)
            else:
                self._note(told["method"], told["params"])

    async def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol; returns its result."""
        number = next(self._numbers)
        self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        answer = await asyncio.wait_for(self._answers[number], _WAIT_S)
        if "error" in answer:
            message = f"{method}: {answer['error']}"
            raise Navigated(message) if "navigated" in message or "context" in message else RuntimeError(message)
        result: dict[str, Any] = answer["result"]
        return result

    async def open(self, address: str) -> None:
        """Go to an address."""
        await self.send("Page.navigate", url=address)

    async def ask(self, expression: str) -> Any:
        """The value of an expression (a promise is awaited) in the page."""
        told = await self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in told:
            raise RuntimeError(f"{expression}: {told['exceptionDetails']}")
        return told["result"].get("value")

    async def until(self, expression: str) -> Any:
        """Wait until an expression is true in the page, and return its value."""
        try:
            async with asyncio.timeout(_WAIT_S):
                while True:
                    with contextlib.suppress(Navigated):
                        value = await self.ask(expression)
                        if value:
                            return value
                    await asyncio.sleep(0.05)
        except TimeoutError:
            page = await self.ask("document.body.innerText")
            raise AssertionError(f"never true: {expression}\n{self.complaints}\n{page}") from None

    async def answers(self) -> list[str]:
        """The bodies of all answers that came whole, for as long as the browser keeps them."""
        bodies = []
        for request in self._answered:
            with contextlib.suppress(RuntimeError):  # of a page before this one, or without a body
                bodies.append((await self.send("Network.getResponseBody", requestId=request))["body"])
        return bodies

    async def press(self, key: str, code: int) -> None:
        """Press a key, such as Tab (9) or Enter (13)."""
        told: dict[str, Any] = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        text = {"text": "\r"} if key == "Enter" else {}
        await self.send("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **text, **told)
        await self.send("Input.dispatchKeyEvent", type="keyUp", **told)

    async def size(self, width: int, height: int, *, scale: float = 1, mobile: bool = False) -> None:
        """Give the page the screen of a device."""
        await self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=mobile
        )

    async def prefer(self, **features: str) -> None:
        """Give the person preferences, such as `prefers_color_scheme="dark"`."""
        told = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        await self.send("Emulation.setEmulatedMedia", features=told)

    async def picture(self, path: Path) -> None:
        """Write what is to be seen as a PNG file."""
        told = await self.send("Page.captureScreenshot", format="png")
        await asyncio.to_thread(path.write_bytes, base64.b64decode(told["data"]))

    def _note(self, method: str, params: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Network.loadingFinished":
            self._answered.append(params["requestId"])
        elif method == "Network.eventSourceMessageReceived":
            self.heard.append(params["data"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in {"error", "warning", "assert"}:
            self.complaints.append(str(params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in {"error", "warning"}:
            self.complaints.append(str(params["entry"]))


@contextmanager
def chromium(home: Path) -> Iterator[str]:
    """A browser with an empty profile in `home`; gives the address of its DevTools. Nothing of it is left running."""
    program = find_tool("chromium")
    assert program is not None
    profile = home / "profile"
    command = [str(program), *_FLAGS, f"--user-data-dir={profile}", "about:blank"]
    scratch_directory = TemporaryDirectory(prefix="nps-", ignore_cleanup_errors=True)
    with (home / "chromium.log").open("wb") as log, scratch_directory as scratch:
        # It keeps a socket among the temporary files, whose path must be short, and does not always take it away.
        environment = os.environ | {"TMPDIR": scratch}
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
        try:
            yield f"127.0.0.1:{_port(profile / 'DevToolsActivePort')}"
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a browser with all its helpers."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_END_S)
    # Its helpers may outlive it by a moment; they are of its session, and nobody else is.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@asynccontextmanager
async def open_tab(browser: str) -> AsyncIterator[Tab]:
    """A tab with cookies and storage of its own, closed at the end."""
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://{browser}/json/version") as response:
            address = (await response.json())["webSocketDebuggerUrl"]
        async with _connected(session, address) as devtools:
            context = await devtools.send("Target.createBrowserContext")
            target = await devtools.send("Target.createTarget", url="about:blank", **context)
            async with _connected(session, f"ws://{browser}/devtools/page/{target['targetId']}") as tab:
                for domain in ("Page", "Runtime", "Log", "Network"):
                    await tab.send(f"{domain}.enable")
                yield tab
            await devtools.send("Target.disposeBrowserContext", **context)


@asynccontextmanager
async def _connected(session: aiohttp.ClientSession, address: str) -> AsyncIterator[Tab]:
    async with session.ws_connect(address, max_msg_size=0) as socket:
        tab = Tab(socket)
        listening = asyncio.create_task(tab.listen())
        try:
            yield tab
        finally:
            await socket.close()
            await listening


def _port(file: Path) -> int:
    deadline_s = time.monotonic() + _START_S
    while not (file.exists() and "\n" in file.read_text()):
        assert time.monotonic() < deadline_s, "chromium did not start; its log is beside its profile"
        time.sleep(0.05)
    return int(file.read_text().splitlines()[0])
