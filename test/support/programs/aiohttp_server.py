"""HTTP server of the tests on aiohttp. One JSON line per request on stdout.

usage: aiohttp_server.py ADDRESS:PORT|/path/to/socket ...
"""
import asyncio
import json
import sys
import time

from aiohttp import web


async def answer(request):
    began = time.perf_counter()
    body = await request.read()
    if "/slow/" in request.path:
        await asyncio.sleep(0.03)
    missing = "/missing/" in request.path
    response = web.Response(status=404 if missing else 200, text="not found\n" if missing else "hello world\n")
    await response.prepare(request)
    await response.write_eof()
    line = {"method": request.method, "path": request.path_qs, "status": response.status}
    line.update(seconds=time.perf_counter() - began, received=len(body))
    print(json.dumps(line), flush=True)
    return response


async def main():
    application = web.Application(client_max_size=1 << 26)
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    for address in sys.argv[1:]:
        if address.startswith("/"):
            await web.UnixSite(runner, address).start()
        else:
            host, port = address.rsplit(":", 1)
            await web.TCPSite(runner, host, int(port)).start()
    await asyncio.Event().wait()


asyncio.run(main())
