// Package notices is the store of NoticesTable: notice campaigns, their recipients, and the claims of each call to SES. A key has only the
// HMAC of an address.
package notices

import (
	"fmt"
	"hash/fnv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/notice"
)

// Sort keys of a campaign, and the index.
const (
	skMeta   = "META"
	skClaim  = "CLAIM#"
	skEvents = "EVENTS"

	again = "again" // the index of what is due, and the attribute of its partition: the campaign of a recipient, or every for a campaign
	every = "n#"    // the partition of the index that lists the campaigns
)

// Store implements the stores that package notice declares.
type Store struct {
	Client *dynamodb.Client
	Table  string
	Ledger string // name of LedgerTable, where acts of staff are recorded; empty in functions that do no such acts
	Now    func() time.Time
}

func campaignKey(version string) string { return "n#" + version }

// partitionKey returns the partition of a recipient. It depends on the alias only.
func partitionKey(version, alias string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(alias))
	return numbered(version, int(h.Sum32()%notice.Partitions))
}

func numbered(version string, n int) string { return fmt.Sprintf("n#%s#%02d", version, n) }

// setAll adds the attributes that are not empty to an item: zero numbers, empty texts and zero times are left out.
func setAll(item dynamo.Item, texts map[string]string, numbers map[string]int, times map[string]time.Time) {
	for name, text := range texts {
		if text != "" {
			item[name] = dynamo.String(text)
		}
	}
	for name, n := range numbers {
		if n != 0 {
			item[name] = dynamo.Number(int64(n))
		}
	}
	for name, at := range times {
		if !at.IsZero() {
			item[name] = dynamo.Seconds(at)
		}
	}
}

func number(item dynamo.Item, name string) int { return int(dynamo.Int(item, name)) }
