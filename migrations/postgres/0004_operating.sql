-- Webhooks on PostgreSQL: who wants to hear of what happens here, what they are owed, and what came of sending it.

-- An address that messages are sent to.
create table webhook_endpoint (
    -- `settings` for the one that WEBHOOK_URL names.
    id              text primary key,
    url             text not null,
    -- The types it wants to hear of, a JSON array; null for all of them.
    events          text,
    -- What messages are signed with, and what it was before, which signs beside it for a while; for ever without an end.
    secret          text not null,
    former_secret   text,
    former_until    bigint,
    created_at      bigint not null,
    disabled_at     bigint,
    disabled_reason text,
    -- It asked to be left alone until then.
    rests_until     bigint not null default 0,
    -- Since when nothing could be delivered to it, and since when it says that it is gone.
    failing_since   bigint,
    gone_since      bigint,
    -- When the first message was given up since something was delivered: that is told once.
    gave_up_at      bigint
);

-- A message that is owed. It is written in the transaction that it tells of, and deleted when it was delivered or given up.
create table webhook_outbox (
    id          bigint generated always as identity primary key,
    -- What it is recognised by at its receiver: the same however often it is sent.
    event_id    text not null,
    endpoint_id text not null references webhook_endpoint on delete cascade,
    type        text not null,
    -- A JSON object.
    data        text not null,
    -- When it happened.
    at          bigint not null,
    -- Since when it is owed: what is owed for more than a day is given up.
    owed_at     bigint not null,
    attempts    bigint not null default 0,
    -- When it is sent next. For whoever sends it, the end of the lease.
    next_at     bigint not null,
    -- What an attempt is settled by: the claim that sends it.
    claim       text,
    -- Nobody is owed the same twice; and an endpoint's messages, when it is removed.
    unique (endpoint_id, event_id)
);
-- What is to be sent to an endpoint now.
create index webhook_outbox_due on webhook_outbox (endpoint_id, next_at);
-- What an endpoint is owed, that which is owed for longest first.
create index webhook_outbox_of on webhook_outbox (endpoint_id, id);

-- An attempt to deliver a message.
create table webhook_delivery (
    id          bigint generated always as identity primary key,
    event_id    text not null,
    endpoint_id text not null references webhook_endpoint on delete cascade,
    type        text not null,
    data        text not null,
    -- When that happened which it tells of.
    event_at    bigint not null,
    -- Which attempt it was, counted from 1.
    attempt     bigint not null,
    at          bigint not null,
    outcome     text not null check (outcome in ('delivered', 'failed', 'given_up')),
    -- What the receiver answered, if it did.
    status      bigint,
    error       text,
    duration_ms bigint not null,
    -- When it is sent again; null when it is not.
    next_at     bigint
);
-- An endpoint's log, newest first.
create index webhook_delivery_of on webhook_delivery (endpoint_id, id);

-- That a budget is spent is told once a limit and day; the total one's day is 0.
create table budget_notice (
    budget       text not null check (budget in ('daily', 'total')),
    limit_micros bigint not null,
    -- In days since 1970.
    day          bigint not null,
    primary key (budget, limit_micros)
);
-- What batches did, minute by minute: the charts' figures, which outlive the batches.

-- A minute in which batches ended; one in which none did has no row. Written once it is over, by whichever host comes to it
-- first.
create table batch_minute (
    -- Which minute, counted since 1970.
    id          bigint primary key,
    -- Batches that were settled to their end.
    batches     bigint not null,
    -- Outcomes of their tracks, and of those that were settled one by one before their batch was lost.
    succeeded   bigint not null,
    failed      bigint not null,
    -- How long the settled batches took together, and the longest of them, from claim to settlement.
    duration_ms bigint not null,
    longest_ms  bigint not null,
    cost_micros bigint not null
);
-- The minutes that have no row yet are read from the batches that ended in them; so is what ended lately, once a second
-- while somebody reads the event stream.
create index extraction_batch_finished on extraction_batch (finished_at) where finished_at is not null;
