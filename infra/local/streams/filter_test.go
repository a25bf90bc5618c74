package streams

import (
	"encoding/json"
	"testing"
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
		`{"dynamodb":{"NewImage":{"work":{"S":[{"exists":false}]}}}}`:                          false,
		`{"dynamodb":{"NewImage":{"gone":{"S":[{"exists":false}]}}}}`:                          true,
		`{"dynamodb":{"OldImage":{"gone":{"S":[{"exists":false}]}}}}`:                          true,
		`{"dynamodb":{"NewImage":{"gone":{"S":["x"]}}}}`:                                       false,
		`{"eventName":[{"anything-but":["REMOVE"]}]}`:                                          true,
		`{"eventName":[{"anything-but":"INSERT"}]}`:                                            false,
		`{"dynamodb":{"NewImage":{"SK":{"S":[{"anything-but":{"prefix":"EXPORT#"}}]}}}}`:       false,
		`{"eventName":[{"suffix":"ERT"}]}`:                                                     true,
		`{"dynamodb":{"SizeBytes":[{"numeric":[">",25]}]}}`:                                    true,
		`{"dynamodb":{"SizeBytes":[{"numeric":[">",25,"<",26]}]}}`:                             false,
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
	for _, pattern := range []string{`{`, `{"a":"b"}`, `{"a":[{"wildcard":"*"}]}`, `{"a":{"b":[{"prefix":1}]}}`, `{"a":[{"anything-but":{"near":"x"}}]}`} {
		if _, err := newFilter([]string{pattern}); err == nil {
			t.Errorf("%s passed", pattern)
		}
	}
}
