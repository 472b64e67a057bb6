// Package native runs becket itself, used as its documentation shows.
package native

import (
	"encoding/json"

	"github.com/becketflags/becket/benchmarks/scene"
)

type object = map[string]any

// Document returns the ruleset of one workload.
func Document(w scene.Workload) ([]byte, error) {
	flags := object{w.Flag: flag(w)}
	for _, key := range scene.Fillers() {
		flags[key] = object{"default": "off"}
	}
	return json.Marshal(object{"schema": 1, "revision": 1, "flags": flags})
}

func flag(w scene.Workload) object {
	rule := func(condition object) object { return object{"if": condition, "serve": "on"} }
	in := func(attribute string, list []string) object { return object{"attribute": attribute, "in": list} }
	switch w.Kind {
	case scene.Plain:
		return object{"default": "on"}
	case scene.Country:
		return object{"rules": []object{rule(in("country", scene.Listed))}}
	case scene.Rules:
		var rules []object
		for _, r := range scene.TenRules() {
			version := object{"attribute": "version", "semver": ">=" + r.Minimum}
			rules = append(rules, rule(object{"all": []object{in("country", r.Countries), version}}))
		}
		return object{"rules": rules}
	case scene.Percent:
		return object{"rules": []object{{"percent": scene.Share, "serve": "on"}}}
	case scene.KeyList:
		return object{"rules": []object{rule(in("key", scene.Members(w.ListSize)))}}
	}
	variants, weights := object{}, object{}
	for _, arm := range scene.Arms {
		variants[arm.Name], weights[arm.Name] = arm.Name, arm.Weight
	}
	return object{"type": "string", "variants": variants, "default": object{"split": weights}}
}
