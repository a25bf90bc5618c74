// Package records is the store of RecordsTable: what is held of a data subject, how a record is written together with
// the subject's state, the walk that moves what is stored when that state changes, and what the sweep asks for.
package records

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
)

// Shards is the number of partitions of each category in index due, so that no hour of expiry is a hot one.
const Shards = 16

// Attributes of a record besides the keys and expiresAt.
const (
	due        = "due"        // <category>#<00-15>, the partition in index due
	source     = "source"     // where it came from
	occurredAt = "occurredAt" // nanoseconds since 1970, so that conditions compare it
	storedAt   = "storedAt"   // nanoseconds since 1970
	hash       = "hash"       // record.Record.Hash
	data       = "data"       // canonical JSON
	packed     = "packed"     // data is compressed (RFC 1951)
	operation  = "op"         // which write this is, to tell a lost answer from a lost race (fault F01)
	ended      = "ended"      // account: when its contract ended or will end, as far as is known
	asOf       = "asOf"       // account data, marketing: the version of the subject's state that its expiry follows
)

func subjectPK(sid privacy.SubjectID) string { return "s#" + string(sid) }

// pk returns the partition of a record: its subject's, or for analytics counts one of the day's.
func pk(sid privacy.SubjectID, r record.Record) string {
	if r.Category.HasSubject() {
		return subjectPK(sid)
	}
	day := r.Time("day").Format(time.DateOnly)
	return fmt.Sprintf("a#%s#%02d", day, shard(r.ID))
}

func sk(r record.Record) string { return string(r.Category) + "#" + r.ID }

func isAccount(sk string) bool { return strings.HasPrefix(sk, string(privacy.Account)+"#") }

func shard(key string) int { return int(sha256.Sum256([]byte(key))[0]) % Shards }

func dueKey(category privacy.Category, shard int) string {
	return fmt.Sprintf("%s#%02d", category, shard)
}

// parcel is data as it is stored: compressed where that is smaller.
type parcel struct {
	blob  []byte
	small bool
}

// wrap makes a parcel of data. What stays over record.MaxStored even when compressed is fault.TooLarge (fault F13).
func wrap(plain []byte) (parcel, error) {
	blob, small, err := pack(plain)
	if err != nil {
		return parcel{}, err
	}
	if len(blob) > record.MaxStored {
		return parcel{}, fault.New(fault.TooLarge, "The record is too large to store.",
			fault.Field{Pointer: "/data", Detail: "must be at most 380 KB as stored, which is compressed if that is smaller"})
	}
	return parcel{blob, small}, nil
}

// item returns the item of a line.
func (l *line) item(sid privacy.SubjectID, now, expires time.Time) dynamo.Item {
	pk := pk(sid, l.Record)
	item := dynamo.Key(pk, l.key)
	item[due] = dynamo.String(dueKey(l.Category, shard(pk+l.key)))
	item[source] = dynamo.String(string(l.Source))
	item[occurredAt] = dynamo.Number(l.OccurredAt.UnixNano())
	item[storedAt] = dynamo.Number(now.UnixNano())
	item[hash] = dynamo.Bytes(l.hash)
	item[data] = dynamo.Bytes(l.blob)
	if l.small {
		item[packed] = &types.AttributeValueMemberBOOL{Value: true}
	}
	if !expires.IsZero() {
		item[dynamo.ExpiresAt] = dynamo.Seconds(expires)
	}
	return item
}

// parse reads an item back.
func parse(item dynamo.Item) (record.OnFile, error) {
	category, id, found := strings.Cut(dynamo.Text(item, dynamo.SK), "#")
	if !found {
		return record.OnFile{}, errors.New("records: an item's sort key is no record's")
	}
	plain := dynamo.Blob(item, data)
	if b, ok := item[packed].(*types.AttributeValueMemberBOOL); ok && b.Value {
		var err error
		if plain, err = io.ReadAll(flate.NewReader(bytes.NewReader(plain))); err != nil {
			return record.OnFile{}, err
		}
	}
	return record.OnFile{
		Record: record.Record{
			Category:   privacy.Category(category),
			ID:         id,
			Source:     privacy.Source(dynamo.Text(item, source)),
			OccurredAt: time.Unix(0, dynamo.Int(item, occurredAt)).UTC(),
			Data:       plain,
		},
		StoredAt:  time.Unix(0, dynamo.Int(item, storedAt)).UTC(),
		ExpiresAt: dynamo.Time(item, dynamo.ExpiresAt),
	}, nil
}

// pack compresses data where that is smaller.
func pack(plain []byte) (blob []byte, small bool, err error) {
	if len(plain) < 128 {
		return plain, false, nil
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err != nil {
		return nil, false, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, false, err
	}
	if err := w.Close(); err != nil {
		return nil, false, err
	}
	if b.Len() >= len(plain) {
		return plain, false, nil
	}
	return b.Bytes(), true, nil
}
