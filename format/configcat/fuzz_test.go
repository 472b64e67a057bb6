package configcat_test

import (
	"encoding/json"
	"math"
	"path/filepath"
	"testing"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/format/configcat"
)

func seed(f *testing.F, add func(document []byte)) {
	f.Helper()
	groups := readJSON[[]struct {
		Config json.RawMessage `json:"config"`
	}](f, filepath.Join("testdata", "cases.json"))
	for _, g := range groups {
		add(g.Config)
	}
	add([]byte(mixed))
	add(ordinary)
}

// FuzzDecode: no document makes the decoder panic, and whatever it takes can be listed and
// evaluated.
func FuzzDecode(f *testing.F) {
	seed(f, func(document []byte) { f.Add(document) })
	f.Fuzz(func(t *testing.T, document []byte) {
		rules, err := configcat.V6.Decode(document)
		if (err == nil) != (rules != nil) {
			t.Fatalf("rules %v with error %v", rules, err)
		}
		if err != nil {
			return
		}
		count := 0
		for info := range rules.Flags() {
			count++
			total(t, rules, info.Key, ordinaryUser())
			total(t, rules, info.Key, becket.Subject{})
		}
		if count != rules.Info().Flags {
			t.Fatalf("%d flags are listed, Info reports %d", count, rules.Info().Flags)
		}
	})
}

// FuzzEvaluate: no attribute makes an evaluation panic, and the same user always gets the same
// answer.
func FuzzEvaluate(f *testing.F) {
	f.Add("user", "x", 1.5, int64(7))
	f.Add("", "[\"x\",\"\\u0078\"]", math.Copysign(0, -1), int64(-1))
	f.Add("id", " 1,5 ", 1e300, int64(1680307200))
	f.Add("id", "1.0.0-rc.1+b", 1e-7, int64(0))
	var all []becket.Rules
	seed(f, func(document []byte) {
		if rules, err := configcat.V6.Decode(document); err == nil {
			all = append(all, rules)
		}
	})
	f.Fuzz(func(t *testing.T, id, text string, number float64, integer int64) {
		for _, value := range []becket.Attribute{
			becket.String("A", text), becket.Float("A", number), becket.Int64("A", integer),
			becket.Strings("A", text, id), becket.Any("A", []any{text, number}), becket.Any("A", []any{nil, text}),
		} {
			subject := becket.NewSubject(id, value, becket.String("Email", text), becket.String("Country", text))
			for _, rules := range all {
				for info := range rules.Flags() {
					total(t, rules, info.Key, subject)
				}
			}
		}
	})
}

// total checks the properties that every result has.
func total(t *testing.T, rules becket.Rules, key string, subject becket.Subject) {
	first := rules.Evaluate(key, becket.KindAny, &subject, nil)
	if (first.Err == nil) != (first.Variant != nil) {
		t.Fatalf("%s: variant %v with error %v", key, first.Variant, first.Err)
	}
	if (first.Reason == becket.ReasonError) != (first.Err != nil) {
		t.Fatalf("%s: reason %s with error %v", key, first.Reason, first.Err)
	}
	if second := rules.Evaluate(key, becket.KindAny, &subject, nil); second.Variant != first.Variant ||
		second.Reason != first.Reason || second.Rule != first.Rule {
		t.Fatalf("%s: %v, then %v", key, first, second)
	}
}
