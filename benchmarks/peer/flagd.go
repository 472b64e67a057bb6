package peer

import (
	"context"
	"encoding/json"

	"github.com/open-feature/flagd/core/pkg/evaluator"
	"github.com/open-feature/flagd/core/pkg/logger"
	"github.com/open-feature/flagd/core/pkg/store"
	"github.com/open-feature/flagd/core/pkg/sync"
	"go.uber.org/zap"

	"github.com/becketflags/becket/benchmarks/contender"
	"github.com/becketflags/becket/benchmarks/scene"
)

// Flagd is the evaluator of flagd and of its in-process provider.
func Flagd() contender.Contender {
	return contender.Contender{
		Name:    "flagd core",
		Module:  "github.com/open-feature/flagd/core",
		Role:    contender.Peer,
		Prepare: prepareFlagd,
	}
}

// longestFlagdList is the longest list that is worth measuring, because every evaluation decodes
// the rule from JSON and scans the list.
const longestFlagdList = 10_000

func prepareFlagd(w scene.Workload, users *scene.AllUsers) (*contender.Runner, error) {
	if w.ListSize > longestFlagdList {
		return nil, contender.ErrUnsupported
	}
	flags := object{w.Flag: flagdFlag(w)}
	for _, key := range scene.Fillers() {
		flags[key] = flagdBoolean("off", nil)
	}
	document, err := json.Marshal(object{"flags": flags})
	if err != nil {
		return nil, err
	}
	e := evaluator.NewJSON(logger.NewLogger(zap.NewNop(), false), store.NewFlags())
	if _, _, err := e.SetState(sync.DataSync{FlagData: string(document), Source: "benchmark"}); err != nil {
		return nil, err
	}
	var contexts [scene.Rotation]object
	for i := range users {
		contexts[i] = flagdContext(&users[i])
	}
	if w.Kind == scene.Split {
		return flagdSplit(e, w.Flag, &contexts, users), nil
	}
	return flagdBooleanRunner(e, w.Flag, &contexts, users), nil
}

func flagdContext(u *scene.User) object {
	return object{
		"targetingKey": u.Key, "country": u.Country, "version": u.Version, "plan": u.Plan, "age": u.Age, "beta": u.Beta,
	}
}

func flagdBoolean(fallback string, targeting any) object {
	flag := object{"state": "ENABLED", "variants": object{"on": true, "off": false}, "defaultVariant": fallback}
	if targeting != nil {
		flag["targeting"] = targeting
	}
	return flag
}

func flagdFlag(w scene.Workload) object {
	variable := func(name string) object { return object{"var": name} }
	in := func(name string, list []string) object { return object{"in": []any{variable(name), list}} }
	var branches []any
	switch w.Kind {
	case scene.Plain:
		return flagdBoolean("on", nil)
	case scene.Country:
		branches = append(branches, in("country", scene.Listed), "on")
	case scene.Rules:
		for _, r := range scene.TenRules() {
			version := object{"sem_ver": []any{variable("version"), ">=", r.Minimum}}
			branches = append(branches, object{"and": []any{in("country", r.Countries), version}}, "on")
		}
	case scene.KeyList:
		branches = append(branches, in("targetingKey", scene.Members(w.ListSize)), "on")
	case scene.Percent:
		return flagdBoolean("off", object{"fractional": []any{
			[]any{"on", scene.Share}, []any{"off", 100 - scene.Share}}})
	case scene.Split:
		variants, arms := object{}, []any{}
		for _, arm := range scene.Arms {
			variants[arm.Name] = arm.Name
			arms = append(arms, []any{arm.Name, arm.Weight})
		}
		return object{"state": "ENABLED", "variants": variants, "defaultVariant": scene.Arms[0].Name,
			"targeting": object{"fractional": arms}}
	}
	return flagdBoolean("off", object{"if": append(branches, "off")})
}

//go:noinline
func flagdBooleanRunner(
	e *evaluator.JSON, key string, contexts *[scene.Rotation]object, users *scene.AllUsers,
) *contender.Runner {
	ctx := context.Background()
	return &contender.Runner{
		Beforehand: func(n int) (sum uint64) {
			for i := range n {
				if on, _, _, _, _ := e.ResolveBooleanValue(ctx, "", key, contexts[i&scene.Mask]); on {
					sum++
				}
			}
			return sum
		},
		InCall: func(n int) (sum uint64) {
			for i := range n {
				if on, _, _, _, _ := e.ResolveBooleanValue(ctx, "", key, flagdContext(&users[i&scene.Mask])); on {
					sum++
				}
			}
			return sum
		},
		Answer: func(u *scene.User) uint64 {
			if on, _, _, _, _ := e.ResolveBooleanValue(ctx, "", key, flagdContext(u)); on {
				return 1
			}
			return 0
		},
	}
}

//go:noinline
func flagdSplit(
	e *evaluator.JSON, key string, contexts *[scene.Rotation]object, users *scene.AllUsers,
) *contender.Runner {
	ctx := context.Background()
	return &contender.Runner{
		Beforehand: func(n int) (sum uint64) {
			for i := range n {
				value, _, _, _, _ := e.ResolveStringValue(ctx, "", key, contexts[i&scene.Mask])
				sum += uint64(len(value))
			}
			return sum
		},
		InCall: func(n int) (sum uint64) {
			for i := range n {
				value, _, _, _, _ := e.ResolveStringValue(ctx, "", key, flagdContext(&users[i&scene.Mask]))
				sum += uint64(len(value))
			}
			return sum
		},
		Answer: func(u *scene.User) uint64 {
			value, _, _, _, _ := e.ResolveStringValue(ctx, "", key, flagdContext(u))
			return uint64(len(value))
		},
	}
}
