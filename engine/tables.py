"""The engine's tables.

Plain SQLAlchemy Core: a step writes few rows with few statements, and nothing here is an object with a life of its
own. A tenant is a database schema, so no table carries a tenant. Ids of what a step makes are UUIDs made by the
engine, so that no statement has to ask the database for a number.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    literal_column,
)
from sqlalchemy.dialects.postgresql import JSONB

from engine.timestamps import UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Small facts only (parameters, payloads). The state of an instance never goes into JSON: see engine.bpmn.state.
Json = JSON().with_variant(JSONB(), "postgresql")
BigId = BigInteger().with_variant(Integer(), "sqlite")

deployment = Table(
    "deployment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", Json, nullable=False),
    Column("note", Text, nullable=False, default=""),
)

# Everything that was deployed together: diagrams, decisions, forms. Immutable.
deployed_resource = Table(
    "deployed_resource",
    metadata,
    Column("deployment_id", Uuid, ForeignKey("deployment.id"), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("kind", String(16), nullable=False),  # bpmn | dmn | form
    Column("content", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
)

deployed_decision = Table(
    "deployed_decision",
    metadata,
    Column("deployment_id", Uuid, ForeignKey("deployment.id"), primary_key=True),
    Column("key", String(255), primary_key=True),  # the decision's id
    Column("resource", String(255), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "key", "at"),
)

process_version = Table(
    "process_version",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("key", String(255), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Json, nullable=False),  # {"zh": …, "en": …}
    Column("deployment_id", Uuid, ForeignKey("deployment.id"), nullable=False),
    Column("resource", String(255), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("latest", Boolean, nullable=False),
    Column("calls", Json, nullable=False),  # {process key: process_version id}: bound when deployed
    UniqueConstraint("key", "version"),
)

process_instance = Table(
    "process_instance",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version_id", Uuid, ForeignKey("process_version.id"), nullable=False),
    Column("business_key", String(255)),
    Column(
        "status", String(16), nullable=False
    ),  # active | suspended | completed | cancelled | failed
    Column("revision", Integer, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("history_seq", Integer, nullable=False),
    Column("history_hash", LargeBinary(32), nullable=False),
    Column("depth", Integer, nullable=False, default=0),
    Column("cause", Json),  # the chain of events that led here (engine.causes)
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Index(None, "version_id", "status"),
    Index(None, "version_id", "started_at"),
    Index(None, "started_at"),
    Index(None, "business_key"),
)

human_task = Table(
    "human_task",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("instance_id", Uuid, ForeignKey("process_instance.id"), nullable=False),
    Column("element_id", String(255), nullable=False),
    Column("name", Json, nullable=False),
    Column("lane", Json),
    Column("form", String(255)),
    Column("status", String(16), nullable=False),  # open | completed | cancelled
    Column("subject", String(400)),  # what it is about, where no record says so
    Column("assignee", String(64)),  # "user:7"
    Column("claimed", Boolean, nullable=False, default=False),
    Column("priority", Integer, nullable=False, default=50),
    Column("due_at", UtcDateTime),
    Column("follow_up_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("ended_by", Json),
    Column("outcome", String(64)),
    Index(None, "instance_id", "status"),
    Index(None, "assignee", "status"),
    Index(None, "status", "due_at"),
)

# Who may take an open task: "team:3", "role:dispatcher", "user:7"; or who may not, though a team or role of theirs may.
human_task_candidate = Table(
    "human_task_candidate",
    metadata,
    Column("candidate", String(64), primary_key=True),
    Column("task_id", Uuid, ForeignKey("human_task.id", ondelete="CASCADE"), primary_key=True),
    Column("excluded", Boolean, nullable=False, default=False),
    Index(None, "task_id"),
)

# Who waits for what: an instance's token (instance_id set) or a start event (version_id set).
subscription = Table(
    "subscription",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String(16), nullable=False),  # message | signal | store (a condition reads it)
    Column("name", String(255), nullable=False),
    Column("correlation", String(255)),
    Column("instance_id", Uuid, ForeignKey("process_instance.id")),
    Column("version_id", Uuid, ForeignKey("process_version.id")),
    Column("element_id", String(255), nullable=False),
    Column("token_id", Uuid),
    Column("trigger", Integer, nullable=False, default=0),  # which of the element's triggers
    Column("condition", Text),
    Index(None, "kind", "name", "correlation"),
    Index(None, "instance_id"),
)

# Names of the messages that some deployed diagram waits for inside; the others need not be told to instances.
awaited_event = Table("awaited_event", metadata, Column("name", String(255), primary_key=True))

# What processes share (BPMN 2.0, 10.4.1: data stores), by the id that dataStoreRef names; values as bytes, as state.
data_store = Table(
    "data_store",
    metadata,
    Column("key", String(255), primary_key=True),
    Column("name", Json, nullable=False),  # {"zh": …, "en": …}
    Column("value", LargeBinary, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# Each value a store was given: by a step of an instance, or by a person with a reason.
data_store_change = Table(
    "data_store_change",
    metadata,
    Column("key", String(255), ForeignKey("data_store.key"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", Json, nullable=False),
    Column("instance_id", Uuid),
    Column("element_id", String(255)),
    Column("value", LargeBinary, nullable=False),
    Column("reason", Text),
    Index(None, "instance_id"),
)

# A chain of events that cause events: what it has started so far, and whether it was stopped (engine.announcing).
event_chain = Table(
    "event_chain",
    metadata,
    Column("root", String(36), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("started", Integer, nullable=False),
    Column("stopped", Boolean, nullable=False),
    Index(None, "at"),
)

timer = Table(
    "timer",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("due_at", UtcDateTime, nullable=False),
    Column("instance_id", Uuid, ForeignKey("process_instance.id")),
    Column("version_id", Uuid, ForeignKey("process_version.id")),
    Column("element_id", String(255), nullable=False),
    Column("token_id", Uuid),
    Column("trigger", Integer, nullable=False, default=0),
    # A start event's cycle: how many rounds follow this one (-1: no end), and since when it goes round. An instance's
    # timers keep both in its state.
    Column("rounds", Integer, nullable=False, server_default="-1"),
    Column("since", UtcDateTime),
    Index(None, "due_at"),
    Index(None, "instance_id"),
)

# Work outside the database, written in the transaction that wants it and done after the commit.
job = Table(
    "job",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("queue", String(32), nullable=False),
    Column("operator", String(128), nullable=False),
    Column("parameters", Json, nullable=False),
    Column("idempotency_key", String(255), nullable=False, unique=True),
    Column("instance_id", Uuid, ForeignKey("process_instance.id")),
    Column("token_id", Uuid),
    Column("element_id", String(255)),
    Column("status", String(16), nullable=False),  # waiting | running | done | failed | cancelled
    Column("tries", Integer, nullable=False, default=0),
    Column("max_tries", Integer, nullable=False, default=5),
    Column("backoff_seconds", Integer, nullable=False, default=30),
    Column("due_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("lease_token", Uuid),
    Column("error", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Index(None, "queue", "status", "due_at"),
    Index(None, "status", "lease_until"),
    Index(None, "instance_id"),
)

incident = Table(
    "incident",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String(32), nullable=False),  # job | timer | error | mail …
    Column("instance_id", Uuid, ForeignKey("process_instance.id")),
    Column("job_id", Uuid, ForeignKey("job.id")),
    Column("element_id", String(255)),
    Column("message", Text, nullable=False),
    Column("detail", Text, nullable=False, default=""),
    Column("context", Json, nullable=False),  # what trying again needs
    Column("cause", String(32), nullable=False),  # the same for what can be mended together
    Column("at", UtcDateTime, nullable=False),
    Column("resolved_at", UtcDateTime),
    Column("resolved_by", Json),
    Column("resolution", String(32)),  # retried | resolved | overtaken
    Column("reason", Text),
    Index(None, "resolved_at", "at"),
    Index(None, "cause", "resolved_at"),
    Index(None, "instance_id"),
    Index(None, "job_id"),
)

# What came in: the dedupe key counts once; a message nobody awaits yet is kept until it expires.
inbox_message = Table(
    "inbox_message",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("dedupe_key", String(255), unique=True),
    Column("name", String(255), nullable=False),
    Column("correlation", String(255)),
    Column("instance_id", Uuid),  # whom it is kept for, suspended when it came; none: whoever waits
    Column("payload", Json, nullable=False),
    Column("depth", Integer, nullable=False, default=0),
    Column("status", String(16), nullable=False),  # delivered | kept | failing | expired
    Column("at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index(None, "status", "name", "correlation"),
    Index(None, "expires_at"),
)

# A migrated instance, and its state before, for the way back.
migration = Table(
    "migration",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("instance_id", Uuid, ForeignKey("process_instance.id"), nullable=False),
    Column("from_version", Uuid, ForeignKey("process_version.id"), nullable=False),
    Column("to_version", Uuid, ForeignKey("process_version.id"), nullable=False),
    Column("mapping", Json, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("reverted", Boolean, nullable=False, default=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", Json, nullable=False),
    Column("reason", Text, nullable=False),
    Index(None, "instance_id", "revision"),
)

# One act on many instances (or incidents), done in slices by a worker (engine.batches).
batch = Table(
    "batch",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("parameters", Json, nullable=False),
    Column("actor", Json, nullable=False),
    Column("reason", Text, nullable=False),
    Column("total", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("stopped_by", Json),  # who stopped it before its end
    Index(None, "at"),
)

batch_item = Table(
    "batch_item",
    metadata,
    Column("batch_id", Uuid, ForeignKey("batch.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("subject_id", Uuid, nullable=False),  # the instance; for acts on incidents, the incident
    Column("status", String(16), nullable=False),  # todo | trying | done | failed | stopped
    Column("reasons", Json, nullable=False),  # why it failed: [{"element", "en", "zh"}]
    Column("at", UtcDateTime),
    Index(None, "batch_id", "status", "position"),
    Index(None, "subject_id"),
)

# Indexes for what is seldom asked, of rows that a step seldom writes: a row more in an index is a third of what a row
# costs. A question says the condition in the same words, so that both databases see that the index has all of it.
# Who acts, as an actor's reference ("user:7"):
history_actor: ColumnElement[str] = literal_column(
    "((actor ->> 'kind') || coalesce(':' || (actor ->> 'id'), ''))", Text
)
# without rows that tell of the machine:
history_of_people: ColumnElement[bool] = literal_column(
    "event NOT IN ('completed', 'decided', 'thrown', 'received', 'fired', 'variables')"
)
# without what happens in every process:
history_rare: ColumnElement[bool] = literal_column(
    "event NOT IN ('started', 'completed', 'submitted', 'claimed', 'ended')"
)

# Append-only. Each row carries the hash of itself and of the row before it (engine.history). No foreign key: it would
# look the instance up for every row, half of what a row costs, and `audit verify` finds a row without an instance.
history = Table(
    "history",
    metadata,
    Column("instance_id", Uuid, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", Json, nullable=False),
    Column("event", String(32), nullable=False),
    Column("element_id", String(255)),
    Column("token_id", Uuid),
    Column("data", Json, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Index(None, "at"),
    Index(
        "ix_history_event_at", "event", "at",
        postgresql_where=history_rare, sqlite_where=history_rare,
    ),
    Index(
        "ix_history_actor_at", history_actor, "at",
        postgresql_where=history_of_people, sqlite_where=history_of_people,
    ),
)  # fmt: skip
