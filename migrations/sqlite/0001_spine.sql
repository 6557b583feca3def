-- The spine: the library, the queue, claims and the journal of model calls.
-- Times are Unix milliseconds. State names are written out in every statement, so that partial indexes are used.

create table music_library (
    platform_name     text not null,
    platform_id       text not null,
    url               text,
    og_title          text,
    og_artist         text,
    og_description    text,
    og_image_url      text,
    og_metadata       text not null default '{}',
    og_fetched_at     integer,
    shared_text       text,
    share_count       integer not null default 1,
    title             text,
    artist            text,
    album             text,
    genres            text not null default '[]',
    release_date      text,
    music_type        text check (music_type in ('song', 'album', 'playlist', 'artist')),
    confidence_score  real check (confidence_score between 0 and 1),
    origins           text not null default '{}',
    corrected_fields  text not null default '[]',
    processing_status text not null default 'pending'
        check (processing_status in ('pending', 'og_fetched', 'ai_processing', 'ai_completed', 'no_music', 'failed')),
    strategy          text,
    strategy_digest   text,
    model             text,
    ai_processed_at   integer,
    -- Who wrote the row last: a strategy's digest, or `operator`.
    updated_by        text,
    created_at        integer not null,
    updated_at        integer not null,
    primary key (platform_name, platform_id)
);

-- A former value that was replaced: by an operator, or by a later extraction.
create table library_change (
    id            integer primary key,
    platform_name text not null,
    platform_id   text not null,
    field         text not null,
    old           text,
    new           text,
    by            text not null,
    at            integer not null,
    foreign key (platform_name, platform_id) references music_library on delete cascade
);

-- One entry's history, and the cascade.
create index library_change_of on library_change (platform_name, platform_id, id);

create trigger music_library_changed
after update of title, artist, album, genres, release_date, music_type on music_library
when old.title is not null begin
    insert into library_change (platform_name, platform_id, field, old, new, by, at)
    select new.platform_name, new.platform_id, field, former, latter, ifnull(new.updated_by, 'unknown'), new.updated_at
    from (
        select 'title' as field, old.title as former, new.title as latter
        union all select 'artist', old.artist, new.artist
        union all select 'album', old.album, new.album
        union all select 'genres', old.genres, new.genres
        union all select 'release_date', old.release_date, new.release_date
        union all select 'music_type', old.music_type, new.music_type
    )
    where former is not latter;
end;

create table music_ai_queue (
    platform_name         text not null,
    platform_id           text not null,
    status                text not null default 'pending' check (status in ('pending', 'processing', 'completed', 'failed')),
    priority              integer not null default 0 check (priority between 0 and 10),
    queued_at             integer not null,
    not_before            integer,
    waiting_for           text check (waiting_for in ('page', 'provider', 'budget')),
    processing_started_at integer,
    processed_at          integer,
    retry_count           integer not null default 0,
    max_batch             integer not null default 100 check (max_batch between 1 and 100),
    batch_id              text,
    -- Its position in the batch.
    batch_index           integer,
    error_message         text,
    primary key (platform_name, platform_id),
    foreign key (platform_name, platform_id) references music_library on delete cascade
);

-- The claim: due rows by priority, then age.
create index music_ai_queue_due on music_ai_queue (priority desc, queued_at)
    where status = 'pending' and waiting_for is null and not_before is null;
-- The claim's share by age alone, so that nothing starves.
create index music_ai_queue_oldest on music_ai_queue (queued_at)
    where status = 'pending' and waiting_for is null and not_before is null;
-- Rows whose backoff has ended return to the claim's index.
create index music_ai_queue_backoff on music_ai_queue (not_before) where status = 'pending' and not_before is not null;
-- Rows whose cause of waiting has ended.
create index music_ai_queue_waiting on music_ai_queue (waiting_for) where status = 'pending' and waiting_for is not null;
-- A batch's rows: settle, release, recovery.
create index music_ai_queue_batch on music_ai_queue (batch_id) where status = 'processing';
-- `GET /api/music-ai/failed`, newest first.
create index music_ai_queue_failed on music_ai_queue (processed_at) where status = 'failed';

-- How many rows are in each state, so that status never scans. `waiting_for` is '' where there is none.
create table queue_count (
    status      text not null,
    waiting_for text not null,
    n           integer not null,
    primary key (status, waiting_for)
) without rowid;

create trigger music_ai_queue_counted_in after insert on music_ai_queue begin
    insert into queue_count values (new.status, ifnull(new.waiting_for, ''), 1)
        on conflict do update set n = n + 1;
end;

create trigger music_ai_queue_counted_out after delete on music_ai_queue begin
    update queue_count set n = n - 1 where status = old.status and waiting_for = ifnull(old.waiting_for, '');
end;

create trigger music_ai_queue_recounted after update of status, waiting_for on music_ai_queue
when old.status <> new.status or old.waiting_for is not new.waiting_for begin
    update queue_count set n = n - 1 where status = old.status and waiting_for = ifnull(old.waiting_for, '');
    insert into queue_count values (new.status, ifnull(new.waiting_for, ''), 1)
        on conflict do update set n = n + 1;
end;

-- One claim. The id is the fencing token: only a leased batch settles.
create table extraction_batch (
    id                text primary key,
    -- The first claim of this work; a batch taken over after a crash keeps its predecessor's.
    root_id           text not null,
    host_id           text not null,
    state             text not null check (state in ('leased', 'settled', 'released', 'lost')),
    lease_until       integer not null,
    size              integer not null,
    pipeline_revision integer not null,
    -- What the strategies are shown, in order: recovery shows them the same again.
    tracks            text not null,
    succeeded         integer not null default 0,
    failed            integer not null default 0,
    cost_micros       integer not null default 0,
    created_at        integer not null,
    finished_at       integer
);

-- The reaper and recovery: leases by their end.
create index extraction_batch_leased on extraction_batch (lease_until) where state = 'leased';

-- The journal: one prompt, written before it is sent, and its reply, written before anything reads it.
create table model_call (
    id              text primary key,
    batch_id        text not null,
    root_id         text not null,
    strategy        text not null,
    strategy_digest text not null,
    round           integer not null,
    tag             text not null,
    prompt          text not null,
    prompt_digest   text not null,
    provider        text not null,
    model           text not null,
    sent_at         integer not null,
    answered_at     integer,
    reply           text,
    stop            text,
    answered_by     text,
    request_id      text,
    tokens_in       integer,
    tokens_cached   integer,
    tokens_out      integer,
    cost_micros     integer,
    latency_ms      integer,
    error           text,
    interpreted_at  integer,
    decided_all     integer
);

-- "Was this very prompt answered before?"
create index model_call_answered on model_call (prompt_digest) where answered_at is not null and error is null;

-- The operator's switch: one row.
create table worker_control (
    id        integer primary key check (id = 1),
    paused_at integer,
    paused_by text,
    reason    text
);
insert into worker_control (id) values (1);

-- A running process.
create table host (
    id         text primary key,
    started_at integer not null,
    seen_at    integer not null,
    version    text not null
);

-- Revisions of the pipeline, append-only.
create table pipeline (
    revision integer primary key,
    entries  text not null,
    cause    text not null,
    by       text not null,
    at       integer not null
);
