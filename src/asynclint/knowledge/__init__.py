"""What is known of the world outside the project: blocking callables, asyncio, FastAPI, offloading. Data, not code."""
