"""Chromium, driven by its DevTools protocol over a websocket."""

import asyncio
import base64
import itertools
import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
)
PATIENCE_S = 20.0


class Browser:
    """One tab of a headless Chromium, and everything that it complained about."""

    def __init__(self, profile: Path) -> None:
        program = shutil.which("chromium")
        if program is None:
            pytest.fail("Chromium is missing; install it: apt-get install chromium")
        self.complaints: list[str] = []
        self._ids = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        self._process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            port = self._debugging_port(profile / "DevToolsActivePort")
            self._loop.run_until_complete(self._connect(port))
        except BaseException:
            self.end()
            raise

    def _debugging_port(self, written: Path) -> int:
        deadline = time.monotonic() + PATIENCE_S
        while not (written.exists() and "\n" in written.read_text()):
            assert time.monotonic() < deadline, "Chromium did not open its DevTools port"
            time.sleep(0.05)
        return int(written.read_text().split()[0])

    async def _connect(self, port: int) -> None:
        self._session = aiohttp.ClientSession()
        async with self._session.get(f"http://127.0.0.1:{port}/json/list") as answer:
            tab = next(t for t in await answer.json() if t["type"] == "page")
        self._socket = await self._session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0)
        for domain in ("Page", "Runtime", "Log"):
            await self._send(f"{domain}.enable", {})

    async def _send(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        number = next(self._ids)
        await self._socket.send_json({"id": number, "method": method, "params": arguments})
        while True:
            message = await self._socket.receive_json(timeout=PATIENCE_S)
            if message.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown"):
                self.complaints.append(str(message["params"]))
            if message.get("id") == number:
                assert "error" not in message, message
                return dict(message["result"])

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        return self._loop.run_until_complete(self._send(method, arguments))

    def evaluate(self, expression: str) -> Any:
        result = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def wait_for(self, expression: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not self.evaluate(f"Boolean({expression})"):
            assert time.monotonic() < deadline, f"never came true: {expression}"
            time.sleep(0.05)

    def open(self, url: str, ready: str) -> None:
        self.call("Page.navigate", url=url)
        self.wait_for(
            f"location.href.startsWith('{url}') && document.readyState == 'complete' && ({ready})"
        )

    def look(
        self, width: int = 1280, height: int = 900, scheme: str = "light", **media: str
    ) -> None:
        """Set the window's size and the reader's preferences."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        preferences = {"prefers-color-scheme": scheme, **media}
        self.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": name, "value": value} for name, value in preferences.items()],
        )

    def press(self, key: str, text: str = "") -> None:
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                text=text if kind == "keyDown" else "",
                windowsVirtualKeyCode={"Tab": 9, "Enter": 13, "Escape": 27}[key],
            )

    def screenshot(self) -> bytes:
        return base64.b64decode(
            self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        )

    def end(self) -> None:
        if hasattr(self, "_session"):
            self._loop.run_until_complete(self._session.close())
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._loop.close()


def texts(page: Browser, selector: str) -> list[str]:
    found = page.evaluate(
        f"[...document.querySelectorAll('{selector}')].map((e) => e.textContent.trim())"
    )
    return list(found)


def glyph_of(page: Browser, selector: str) -> str:
    return str(page.evaluate(f"document.querySelector('{selector} use').getAttribute('href')"))


def at(selector: str, name: str, value: str) -> str:
    return f'{selector}[data-{name}="{value}"]'
