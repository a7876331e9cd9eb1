"""Looking up external callables."""

from __future__ import annotations

import pytest

from asynclint.knowledge.blocking import lookup


@pytest.mark.parametrize(
    ("name", "rule", "tier"),
    [
        ("time.sleep", "ASL201", "blocks"),
        ("requests.get", "ASL202", "blocks"),
        ("requests.Session.get", "ASL202", "blocks"),
        ("requests.sessions.Session.get", "ASL202", "blocks"),
        ("requests_oauthlib.OAuth2Session.post", "ASL202", "blocks"),
        ("httpx.stream", "ASL202", "blocks"),
        ("urllib.request.urlopen", "ASL202", "blocks"),
        ("openai.OpenAI.chat.completions.create", "ASL202", "blocks"),
        ("openai.AzureOpenAI.embeddings.create", "ASL202", "blocks"),
        ("openai.chat.completions.create", "ASL202", "blocks"),
        ("anthropic.Anthropic.messages.create", "ASL202", "blocks"),
        ("stripe.Customer.create", "ASL202", "blocks"),
        ("stripe.checkout.Session.create", "ASL202", "blocks"),
        ("elevenlabs.client.ElevenLabs.text_to_speech.convert", "ASL202", "blocks"),
        ("sqlalchemy.orm.session.Session.execute", "ASL203", "blocks"),
        ("sqlmodel.Session.exec", "ASL203", "blocks"),
        ("sqlmodel.Session.commit", "ASL203", "blocks"),
        ("sqlalchemy.orm.Query.all", "ASL203", "blocks"),
        ("redis.client.StrictRedis.hgetall", "ASL203", "blocks"),
        ("redis.client.Pipeline.execute", "ASL203", "blocks"),
        ("pymongo.synchronous.collection.Collection.insert_one", "ASL203", "blocks"),
        ("pymongo.MongoClient.shop.orders.find_one", "ASL203", "blocks"),
        ("elasticsearch.Elasticsearch.indices.create", "ASL203", "blocks"),
        ("psycopg2.extras.RealDictCursor.execute", "ASL203", "blocks"),
        ("io.open", "ASL204", "blocks"),
        ("builtins.open", "ASL204", "blocks"),
        ("pathlib.Path.read_text", "ASL204", "blocks"),
        ("pathlib.PosixPath.exists", "ASL204", "metadata"),
        ("posixpath.exists", "ASL204", "metadata"),
        ("json.load", "ASL204", "handle"),
        ("io.TextIOWrapper.read", "ASL204", "handle"),
        ("os.walk", "ASL204", "lazy"),
        ("pathlib.Path.rglob", "ASL204", "lazy"),
        ("subprocess.run", "ASL205", "blocks"),
        ("docker.DockerClient.containers.run", "ASL205", "blocks"),
        ("git.Repo.remotes.origin.pull", "ASL205", "blocks"),
        ("botocore.client.BaseClient.put_object", "ASL206", "blocks"),
        ("boto3.client", "ASL206", "metadata"),
        ("boto3.resources.base.ServiceResource.put_item", "ASL206", "blocks"),
        ("smtplib.SMTP_SSL.send_message", "ASL206", "blocks"),
        ("google.cloud.storage.Blob.upload_from_string", "ASL206", "blocks"),
        ("kubernetes.client.CoreV1Api.list_node", "ASL206", "blocks"),
        ("threading.Event.wait", "ASL207", "blocks"),
        ("threading.Lock.acquire", "ASL207", "lock"),
        ("threading.Lock.__enter__", "ASL207", "lock"),
        ("concurrent.futures.ThreadPoolExecutor.map", "ASL207", "lazy"),
        ("concurrent.futures.thread.ThreadPoolExecutor.shutdown", "ASL207", "blocks"),
        ("bcrypt.hashpw", "ASL208", "blocks"),
        ("PIL.Image.Image.resize", "ASL208", "blocks"),
        ("input", "ASL209", "blocks"),
        ("sys.stdin.readline", "ASL209", "blocks"),
        ("asyncio.runners.run", "ASL210", "blocks"),
        ("langsmith.client.Client.read_run", "ASL202", "blocks"),
        ("langsmith.Client.list_runs", "ASL202", "lazy"),
        ("mailchimp_marketing.Client.lists.add_list_member", "ASL202", "blocks"),
        ("workos.WorkOSClient.user_management.list_users", "ASL202", "blocks"),
        ("web3.Web3.eth.get_balance", "ASL202", "blocks"),
        ("redis_om.HashModel.save", "ASL203", "blocks"),
        ("lancedb.table.LanceTable.add", "ASL203", "blocks"),
        ("redshift_connector.cursor.Cursor.execute", "ASL203", "blocks"),
        ("google.cloud.translate_v3.TranslationServiceClient.translate_text", "ASL206", "blocks"),
        ("azure.storage.filedatalake.FileSystemClient.get_paths", "ASL206", "lazy"),
        ("kazoo.client.KazooClient.get", "ASL206", "blocks"),
        ("asyncio.get_event_loop_policy", None, None),
    ],
)
def test_lookup(name: str, rule: str | None, tier: str | None) -> None:
    call = lookup(name)

    assert (call and call.rule, call and call.tier) == (rule, tier)


@pytest.mark.parametrize(
    "name",
    [
        "anthropic.AsyncAnthropic.messages.create",
        "botocore.client.BaseClient.generate_presigned_url",
        "botocore.client.BaseClient.get_paginator",
        "fastapi.UploadFile.read",
        "google.cloud.pubsub_v1.PublisherClient.publish",
        "google.cloud.pubsub_v1.PublisherClient.topic_path",
        "google.cloud.storage.Bucket.blob",
        "httpx.AsyncClient.get",
        "httpx.Client.build_request",
        "openai.AsyncOpenAI.chat.completions.create",
        "openai.OpenAI.api_key.strip",
        "openai.OpenAI.with_options",
        "pymongo.MongoClient",
        "pymongo.collection.Collection.with_options",
        "redis.Redis",
        "redis.Redis.from_url",
        "redis.Redis.pipeline",
        "redis.asyncio.Redis.get",
        "redis.client.Pipeline.set",
        "sqlalchemy.create_engine",
        "sqlalchemy.engine.CursorResult.fetchall",
        "sqlalchemy.ext.asyncio.AsyncSession.execute",
        "sqlalchemy.orm.Query.filter",
        "sqlalchemy.orm.Session.add",
        "sqlalchemy.orm.Session.delete",
        "stripe.Customer.create_async",
        "stripe.Customer.to_dict",
        "subprocess.Popen.poll",
        "unheard_of.function",
        "azure.keyvault.keys.KeyClient.get_cryptography_client",
        "google.cloud.translate.TranslationServiceClient.common_location_path",
        "kazoo.client.KazooClient.get_async",
        "langsmith.Client.create_run",
        "lancedb.query.LanceQueryBuilder.limit",
        "lancedb.table.Table.search",
        "pusher.Pusher.authenticate",
        "pyairtable.Api.table",
        "redis_om.HashModel.find",
        "redis_om.HashModel.model_dump",
        "svix.api.SvixAsync.message.create",
        "unstructured_client.UnstructuredClient.general.partition_async",
        "web3.Web3.eth.contract",
        "web3.Web3.to_wei",
        "workos.WorkOSClient.sso.get_authorization_url",
        "weaviate.WeaviateClient.collections.get",
    ],
)
def test_what_does_not_block_is_not_found(name: str) -> None:
    assert lookup(name) is None


def test_the_name_of_the_call_is_the_canonical_one_of_the_callable() -> None:
    call = lookup("requests_oauthlib.oauth2_session.OAuth2Session.post") or lookup(
        "requests_oauthlib.OAuth2Session.post"
    )

    assert call is not None
    assert call.name == "requests_oauthlib.OAuth2Session.post"


@pytest.mark.parametrize(
    ("name", "replacement"),
    [
        ("time.sleep", "asyncio.sleep"),
        ("stripe.Customer.create", "stripe.Customer.create_async"),
        ("litellm.completion", "litellm.acompletion"),
        ("langchain_openai.ChatOpenAI.invoke", "langchain_openai.ChatOpenAI.ainvoke"),
        ("django.db.models.QuerySet.first", "django.db.models.QuerySet.afirst"),
        ("openai.OpenAI.images.generate", "openai.AsyncOpenAI"),
        ("svix.Svix.message.create", "svix.api.SvixAsync"),
        ("azure.eventgrid.EventGridPublisherClient.send", "azure.eventgrid.aio.EventGridPublisherClient"),
        (
            "unstructured_client.UnstructuredClient.general.partition",
            "unstructured_client.UnstructuredClient.general.partition_async",
        ),
    ],
)
def test_replacements_name_the_twin(name: str, replacement: str) -> None:
    call = lookup(name)

    assert call is not None
    assert call.replacement == replacement
