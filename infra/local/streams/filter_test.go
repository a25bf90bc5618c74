package streams

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/sam"
)

func TestFilters(t *testing.T) {
	const record = `{"eventName":"INSERT","dynamodb":{"NewImage":{"SK":{"S":"EXPORT#1"},"work":{"S":"w#1"}},"SizeBytes":26}}`
	var decoded map[string]any
	if err := json.Unmarshal([]byte(record), &decoded); err != nil {
		t.Fatal(err)
	}
	for pattern, want := range map[string]bool{
		`{}`: true,
		`{"eventName":["INSERT"],"dynamodb":{"NewImage":{"SK":{"S":[{"prefix":"EXPORT#"}]}}}}`: true,
		`{"eventName":["REMOVE","MODIFY"]}`:                                                    false,
		`{"dynamodb":{"NewImage":{"SK":{"S":["REQUEST",{"prefix":"CHALLENGE#"}]}}}}`:           false,
		`{"dynamodb":{"NewImage":{"work":{"S":[{"exists":true}]}}}}`:                           true,
		`{"dynamodb":{"NewImage":{"gone":{"S":["x",{"exists":true}]}}}}`:                       false,
		`{"dynamodb":{"OldImage":{"work":{"S":[{"exists":true}]}}}}`:                           false,
		`{"dynamodb":{"SizeBytes":[{"prefix":"2"}]}}`:                                          false,
	} {
		f, err := newFilter([]string{pattern})
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
		}
		if f.passes(decoded) != want {
			t.Errorf("%s: want %v", pattern, want)
		}
	}
	if f, _ := newFilter(nil); !f.passes(decoded) {
		t.Error("without a filter everything passes")
	}
	for _, pattern := range []string{`{`, `{"a":"b"}`, `{"a":[1]}`, `{"a":[null]}`, `{"a":[["b"]]}`, `{"a":[{}]}`, `{"a":[{"exists":false}]}`, `{"a":{"b":[{"prefix":1}]}}`,
		`{"a":[{"prefix":"b","exists":true}]}`, `{"a":[{"suffix":"b"}]}`, `{"a":[{"anything-but":"b"}]}`, `{"a":["b",{"numeric":[">",0]}]}`, `{"a":[{"wildcard":"*"}]}`} {
		_, err := New(Mapping{Stream: sam.Stream{LogicalID: "Wake", Filters: []string{pattern}}})
		if err == nil || !strings.Contains(err.Error(), "Wake") {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}
