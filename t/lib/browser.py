# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Headless Chromium, driven by the DevTools protocol over a pipe: messages in
# JSON, each ended by a NUL.  What the page complains of is kept in "errors".
#
#     with Browser() as browser:
#         browser.open('http://127.0.0.1:8080/status')
#         browser.wait('document.querySelector("#word").textContent')
#         browser.screenshot('build/screenshots/x.png')

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time


class Browser:

    def __init__(self, width=1440, height=900, lang='zh-CN'):
        program = shutil.which('chromium') or shutil.which('chrome')
        if not program:
            raise SystemExit('Bail out! there is no chromium')

        self.home = tempfile.mkdtemp(prefix='court-browser-')
        self.errors, self.events, self.answers = [], [], {}
        self.number, self.rest = 0, b''

        to_read, self.to = os.pipe()
        self.out, out_write = os.pipe()
        for fd in self.to, self.out:
            os.set_inheritable(fd, False)

        # the child's ends are its 3 and 4; not below 10 until then
        ends = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10)
                for fd in (to_read, out_write)]
        os.close(to_read)
        os.close(out_write)

        def child():
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self.process = subprocess.Popen(
            [program,
             '--headless=new', '--no-sandbox', '--disable-gpu',
             '--disable-dev-shm-usage', '--no-first-run',
             '--disable-extensions', '--disable-background-networking',
             '--disable-component-update', '--hide-scrollbars',
             '--lang=' + lang, '--user-data-dir=' + self.home,
             '--remote-debugging-pipe', 'about:blank'],
            preexec_fn=child, pass_fds=(3, 4), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=dict(os.environ, HOME=self.home, LANGUAGE=lang))
        for fd in ends:
            os.close(fd)

        target = self.call('Target.createTarget', url='about:blank')
        self.session = self.call('Target.attachToTarget', flatten=True,
                                 targetId=target['targetId'])['sessionId']
        for domain in 'Page', 'Runtime', 'Log', 'Network':
            self.do(domain + '.enable')
        self.size(width, height)
        self.language(lang)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        os.close(self.to)
        os.close(self.out)
        shutil.rmtree(self.home, ignore_errors=True)

    # The protocol

    def read(self, until):
        while b'\0' not in self.rest:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.out], [], [], left)[0]:
                raise TimeoutError('chromium does not answer')
            data = os.read(self.out, 1 << 20)
            if not data:
                raise EOFError('chromium has gone')
            self.rest += data

        text, self.rest = self.rest.split(b'\0', 1)
        message = json.loads(text)
        if 'id' in message:
            self.answers[message['id']] = message
        else:
            self.heard(message)

    def heard(self, message):
        method, params = message['method'], message['params']
        if method == 'Runtime.exceptionThrown':
            detail = params['exceptionDetails']
            self.errors.append(detail.get('exception', {})
                               .get('description') or detail['text'])
        elif method == 'Log.entryAdded':
            if params['entry']['level'] in ('error', 'warning'):
                self.errors.append(params['entry']['text'])
        elif method == 'Runtime.consoleAPICalled':
            if params['type'] in ('error', 'warning', 'assert'):
                self.errors.append(str(params['args']))
        else:
            self.events.append((method, params))

    def call(self, method, session=None, **params):
        self.number += 1
        message = {'id': self.number, 'method': method, 'params': params}
        if session:
            message['sessionId'] = session
        data = json.dumps(message).encode() + b'\0'
        while data:
            data = data[os.write(self.to, data):]

        until = time.monotonic() + 120
        while self.number not in self.answers:
            self.read(until)
        answer = self.answers.pop(self.number)
        if 'error' in answer:
            raise RuntimeError('%s: %s' % (method, answer['error']))
        return answer['result']

    def do(self, method, **params):
        return self.call(method, self.session, **params)

    # What tests use

    # by way of an empty page: where only what is behind # differs, nothing
    # would be loaded
    def open(self, url):
        for each in 'about:blank', url:
            self.events.clear()
            self.do('Page.navigate', url=each)
            until = time.monotonic() + 120
            while not any(e[0] == 'Page.loadEventFired' for e in self.events):
                self.read(until)

    def eval(self, code):
        answer = self.do('Runtime.evaluate', expression=code,
                         returnByValue=True, awaitPromise=True)
        if 'exceptionDetails' in answer:
            raise RuntimeError('%s: %s' % (code, answer['exceptionDetails']))
        return answer['result'].get('value')

    # until the code gives something true, which is returned
    def wait(self, code, seconds=60):
        until = time.monotonic() + seconds
        while True:
            value = self.eval(code)
            if value or time.monotonic() > until:
                return value
            time.sleep(0.1)

    def text(self, selector):
        return self.eval('(document.querySelector(%s) || {}).innerText'
                         % json.dumps(selector))

    def click(self, selector):
        self.eval('document.querySelector(%s).click()'
                  % json.dumps(selector))

    def key(self, key, code=None, text=None):
        for kind in 'keyDown', 'keyUp':
            extra = {'text': text} if text and kind == 'keyDown' else {}
            self.do('Input.dispatchKeyEvent', type=kind, key=key,
                    code=code or key, **extra,
                    windowsVirtualKeyCode={'Tab': 9, 'Enter': 13,
                                           ' ': 32}.get(key, 0))

    def size(self, width, height, mobile=False):
        self.do('Emulation.setDeviceMetricsOverride', width=width,
                height=height, deviceScaleFactor=2 if mobile else 1,
                mobile=mobile)

    def language(self, lang):
        agent = self.call('Browser.getVersion')['userAgent']
        self.do('Network.setUserAgentOverride', userAgent=agent,
                acceptLanguage=lang)

    def scheme(self, value):
        self.do('Emulation.setEmulatedMedia', features=[
            {'name': 'prefers-color-scheme', 'value': value}])

    def scripts(self, on):
        self.do('Emulation.setScriptExecutionDisabled', value=not on)

    def screenshot(self, path, whole=False):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shot = self.do('Page.captureScreenshot', format='png',
                       captureBeyondViewport=whole)
        with open(path, 'wb') as out:
            out.write(base64.b64decode(shot['data']))
