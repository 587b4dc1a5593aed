FROM ghcr.io/astral-sh/uv:0.13 AS uv

FROM python:3.11-slim
COPY --from=uv /uv /usr/local/bin/uv
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy PYTHONUNBUFFERED=1
WORKDIR /app

# Dependencies first: they change less often than the code.
COPY pyproject.toml uv.lock README.md ./
RUN uv sync --frozen --no-dev --no-install-project

COPY schemas ./schemas
COPY domain ./domain
COPY loops ./loops
COPY consumers ./consumers
COPY projections ./projections
COPY gateway ./gateway
COPY operations ./operations
COPY console ./console
COPY simulator ./simulator
COPY synth ./synth
COPY rollcall ./rollcall
RUN uv sync --frozen --no-dev --no-editable \
    && useradd --system --no-create-home rollcall

USER rollcall
ENV PATH=/app/.venv/bin:$PATH
ENTRYPOINT ["rollcall"]
CMD ["run"]
