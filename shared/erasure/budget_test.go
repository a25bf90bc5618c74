package erasure_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// multiplies stores n copies of each record of a category, under names of their own.
func (s *rig) multiplies(category privacy.Category, n int) {
	s.T.Helper()
	table := s.Tables.Name("RecordsTable")
	for _, item := range s.Scan("RecordsTable") {
		if !strings.HasPrefix(dynamo.Text(item, dynamo.SK), string(category)+"#") {
			continue
		}
		var batch []types.WriteRequest
		for i := range n {
			more := dynamo.Item{}
			for name, value := range item {
				more[name] = value
			}
			more[dynamo.SK] = dynamo.String(fmt.Sprintf("%s#%05d", category, i))
			if batch = append(batch, types.WriteRequest{PutRequest: &types.PutRequest{Item: more}}); len(batch) < 25 && i < n-1 {
				continue
			}
			out, err := s.Tables.Client.BatchWriteItem(s.T.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{table: batch}})
			if err != nil || len(out.UnprocessedItems) > 0 {
				s.T.Fatal(err)
			}
			batch = nil
		}
	}
}

// called counts calls. A transaction is one.
type called struct {
	mu                       sync.Mutex
	deletes, queries, others int // deletions of records; queries; writes of anything else
}

func (w *called) through(records string) func(*enginetest.Call) (*http.Response, error) {
	return func(c *enginetest.Call) (*http.Response, error) {
		w.mu.Lock()
		switch c.Operation {
		case "Query":
			w.queries++
		case "DeleteItem":
			if c.Names(records) {
				w.deletes++
			} else {
				w.others++
			}
		case "PutItem", "UpdateItem", "TransactWriteItems":
			w.others++
		}
		w.mu.Unlock()
		return c.Send()
	}
}

// Budget, H03: to erase n records costs n deletions. What else a pass reads are the categories, the kinds and the requests of the person, whatever n is, and what
// DynamoDB cuts into pages. What else is written does not grow with n. A record that stays is written twice at most: without the member that nobody needs, and with
// the version of the state that its expiry follows.
func TestBudgetOfAnErasure(t *testing.T) {
	const stay, names = 20, 3 // names are two addresses and an id
	for _, n := range soak.Pick([]int{250}, []int{250, 10_000}) {
		s := newRig(t)
		s.twoAddresses()
		s.multiplies(privacy.Communication, n-2) // with the first one, and the name
		s.multiplies(privacy.Transaction, stay-1)
		id := s.Planned(request.Filing{Right: privacy.Erasure, Email: anna})
		s.Agree(id)
		for _, item := range erasure.Of(s.Load(id)).Plan.Items {
			if item.Kind == policy.Kind(privacy.Communication) && item.Count != n-1 {
				t.Errorf("the plan counts %d of %s", item.Count, item.Kind)
			}
		}
		var c called
		s.Wire.Through = c.through(s.Tables.Name("RecordsTable"))
		s.Erases(cooling)
		first := c.queries
		s.Erases(servicetest.Writers + time.Second)
		s.Wire.Through = nil
		s.stands(id, erasure.Watching, request.Fulfilled, request.NoWait)
		passes, queries := max(first, c.queries-first), 45+n/100
		others := 8 + names + len(erasure.Of(s.Load(id)).Outstanding()) + 2*stay
		t.Logf("budget: erasure: deletions for %d records | %d | %d", n, c.deletes, n)
		t.Logf("budget: erasure: queries of a pass, for %d records | %d | %d", n, passes, queries)
		t.Logf("budget: erasure: other writes, for %d records and %d that stay | %d | %d", n, stay, c.others, others)
		if c.deletes != n || passes > queries || c.others > others {
			t.Errorf("%d deletions, %d queries in a pass, %d other writes", c.deletes, passes, c.others)
		}
		if left := len(s.Scan("RecordsTable")); left != stay {
			t.Errorf("%d records are left", left)
		}
	}
}
