-- Pages of links that came without what they say, the servers they are read from, channels that links come
-- from, and examples.

-- A page that is to be read, or was.
create table page_fetch (
    track_id      bigint primary key references music_library on delete cascade,
    -- The server it is on, with its port where that is not the usual one.
    host          text not null,
    priority      smallint not null,
    -- When it may be read next; null while nobody wants it read. For whoever reads it, the end of the lease.
    due_at        bigint,
    -- What it is settled by: the claim that reads it.
    claim         text,
    -- How often it could not be had since it was wanted.
    attempts      bigint not null default 0,
    etag          text,
    last_modified text,
    tried_at      bigint,
    -- Why it could not be had; null once it was.
    failure       text
) with (fillfactor = 80);
-- A server's next page: the most urgent that is due, and when there is one again.
create index page_fetch_urgent on page_fetch (host, priority desc, due_at) where due_at is not null;
create index page_fetch_due on page_fetch (host, due_at) where due_at is not null;
-- Those that cannot be had, newest first.
create index page_fetch_unread on page_fetch (tried_at) where failure is not null;

-- A server that pages are read from: one at a time, and not too often, by all hosts together.
create table page_origin (
    host        text primary key,
    -- When the next of its pages is due; null while none is.
    next_at     bigint,
    -- It is left alone until then.
    rests_until bigint not null default 0
) with (fillfactor = 50);
create index page_origin_next on page_origin (next_at) where next_at is not null;

-- A channel that posts are read from.
create table channel_sync (
    channel      text primary key,
    -- When it was last looked at, and whether that went well.
    last_sync_at bigint,
    ok           boolean not null default true,
    error        text,
    -- When the newest post was made of a sync that came to its end; posts from before are known.
    last_cast_at bigint,
    -- Where a sync that did not come to its end goes on, and its newest post so far.
    cursor       text,
    newest_at    bigint,
    -- What was found in all.
    posts        bigint not null default 0,
    links        bigint not null default 0,
    -- Whoever syncs it has it until then; it is what they are known by, too.
    busy_until   bigint not null default 0
);

-- Posts whose links were queued, so that none is counted twice; those that `last_cast_at` left behind long ago are forgotten.
create table channel_post (
    channel text not null,
    post    text not null,
    at      bigint not null,
    primary key (channel, post)
);

-- Entries that an operator corrected: examples whose answer is known.
create index music_library_corrected on music_library (id) where corrected_fields <> '[]';

-- What waited for its page until now.
insert into page_fetch (track_id, host, priority, due_at)
select l.id, split_part(l.url, '/', 3), q.priority, c.ms
from clock c, music_library l join music_ai_queue q on q.id = l.id
where q.status = 'pending' and q.waiting_for = 'page' and l.url like 'http%://%/%';
insert into page_origin (host, next_at) select distinct p.host, c.ms from page_fetch p, clock c;
