// Package startup measures the work around evaluations: the time from a server's first byte to
// becket's first answer, the memory that becket keeps, and its refreshes.
package startup

import (
	"encoding/json"
	"fmt"
)

type object = map[string]any

var countries = []string{
	"DE", "FR", "IT", "ES", "PL", "NL", "BE", "AT", "SE", "DK",
	"US", "CA", "BR", "JP", "IN", "AU", "MX", "ZA", "KR", "AR",
}

var plans = []string{"free", "team", "business", "enterprise"}

// Document makes a ruleset of n flags with three rules each. A third of the flags are strings with
// a split, the others are boolean, and all have the descriptive fields of real flags. Equal
// arguments give equal documents; two editions differ in one flag.
func Document(n, edition int) ([]byte, error) {
	flags := object{}
	for i := range n {
		flags[FlagKey(i)] = flag(i)
	}
	changing := flag(0)
	changing["enabled"] = edition%2 == 0
	flags[FlagKey(0)] = changing
	return json.MarshalIndent(object{"schema": 1, "revision": 1, "environment": "production", "flags": flags}, "", " ")
}

// FlagKey returns the key of flag i.
func FlagKey(i int) string { return fmt.Sprintf("team-%02d-feature-%05d", i%17, i) }

func flag(i int) object {
	f := object{
		"description": fmt.Sprintf("What feature %d of the product is for, in one sentence", i),
		"owner":       fmt.Sprintf("team-%02d", i%17),
		"tags":        []string{"product", plans[i%len(plans)]},
		"created":     fmt.Sprintf("2026-%02d-%02d", 1+i%12, 1+i%28),
	}
	on := "on"
	if i%3 == 0 {
		on = "green"
		f["type"] = "string"
		f["variants"] = object{"red": "#f00", "green": "#0f0", "blue": "#00f"}
		f["off"] = "red"
		f["default"] = object{"split": object{"red": 50, "green": 30, "blue": 20}}
	}
	f["rules"] = []object{
		{"name": "countries", "if": object{"attribute": "country", "in": pick(i, 6)}, "serve": on},
		{"name": "versions", "if": object{"all": []object{
			{"attribute": "plan", "in": []string{plans[i%len(plans)], plans[(i+1)%len(plans)]}},
			{"attribute": "version", "semver": fmt.Sprintf(">=%d.%d.0", 1+i%6, i%9)},
		}}, "serve": on},
		{"name": "share", "if": object{"attribute": "age", "gte": 18 + i%40}, "percent": 1 + i%99, "serve": on},
	}
	return f
}

func pick(from, n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = countries[(from+i*3)%len(countries)]
	}
	return texts
}
