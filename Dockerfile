# One image for every command: `docker run nps-streams worker`. Everything comes from requirements.lock by its hash.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml requirements.lock LICENSE ./
COPY deploy/lock_for.py deploy/
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_REQUIRE_VIRTUALENV=1
RUN python deploy/lock_for.py build >build.lock && python deploy/lock_for.py run >run.lock \
 && python -m venv /opt/build && python -m venv --without-pip /opt/nps \
 && /opt/build/bin/pip install --require-hashes --only-binary :all: -r build.lock \
 && /opt/build/bin/pip --python /opt/nps/bin/python install --require-hashes --only-binary :all: -r run.lock
COPY streams streams
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --no-index --wheel-dir wheel . \
 && /opt/build/bin/pip --python /opt/nps/bin/python install --no-deps --no-index wheel/*.whl

FROM python:3.11-slim-bookworm
COPY --from=build /opt/nps /opt/nps
ENV PATH=/opt/nps/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# The root may be read-only; whoever wants a scratch file finds a tmpfs here.
WORKDIR /tmp
USER 65534:65534
ENTRYPOINT ["nps"]
CMD ["--help"]
