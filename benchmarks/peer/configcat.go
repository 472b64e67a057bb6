package peer

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	configcat "github.com/configcat/go-sdk/v9"

	"github.com/becketflags/becket/benchmarks/contender"
	"github.com/becketflags/becket/benchmarks/scene"
)

// ConfigCat is ConfigCat's Go SDK with a whole config file as local overrides and without polling.
// The user is our own struct, which its documentation calls the efficient form. Each check goes
// through the client, as the documentation shows. A snapshot for one user remembers its answers,
// which is another operation.
func ConfigCat() contender.Contender {
	return contender.Contender{
		Name:    "ConfigCat",
		Module:  "github.com/configcat/go-sdk/v9",
		Role:    contender.Peer,
		Prepare: prepareConfigCat,
	}
}

type configCatUser struct {
	Identifier string
	Country    string
	Version    string
	Plan       string
	Age        int
	Beta       string // ConfigCat has no boolean attributes
}

func newConfigCatUser(u *scene.User) *configCatUser {
	beta := "false"
	if u.Beta {
		beta = "true"
	}
	return &configCatUser{u.Key, u.Country, u.Version, u.Plan, u.Age, beta}
}

func prepareConfigCat(w scene.Workload, users *scene.AllUsers) (*contender.Runner, error) {
	path, err := writeConfigCat(w)
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(path) }()
	client := configcat.NewCustomClient(configcat.Config{
		PollingMode:   configcat.Manual,
		Logger:        configcat.DefaultLogger(),
		LogLevel:      configcat.LogLevelNone,
		FlagOverrides: &configcat.FlagOverrides{FilePath: path, Behavior: configcat.LocalOnly},
	})
	if err := client.Refresh(context.Background()); err != nil {
		return nil, err
	}
	var subjects [scene.Rotation]*configCatUser
	for i := range users {
		subjects[i] = newConfigCatUser(&users[i])
	}
	r := configCatBoolean(client, w.Flag, &subjects, users)
	if w.Kind == scene.Split {
		r = configCatSplit(client, w.Flag, &subjects, users)
	}
	r.Close = client.Close
	return r, nil
}

func writeConfigCat(w scene.Workload) (path string, err error) {
	settings := object{w.Flag: configCatSetting(w)}
	for _, key := range scene.Fillers() {
		settings[key] = object{"t": 0, "v": object{"b": false}}
	}
	document, err := json.Marshal(object{"f": settings})
	if err != nil {
		return "", err
	}
	file, err := os.CreateTemp("", "configcat-*.json")
	if err != nil {
		return "", err
	}
	_, err = file.Write(document)
	return file.Name(), errors.Join(err, file.Close())
}

func configCatSetting(w scene.Workload) object {
	const oneOf, atLeast = 0, 9
	off, on := object{"b": false}, object{"b": true}
	condition := func(attribute string, comparator int, field string, value any) object {
		return object{"u": object{"a": attribute, "c": comparator, field: value}}
	}
	rule := func(conditions ...object) object {
		return object{"c": conditions, "s": object{"v": on}}
	}
	setting := object{"t": 0, "v": off}
	switch w.Kind {
	case scene.Plain:
		setting["v"] = on
	case scene.Country:
		setting["r"] = []object{rule(condition("Country", oneOf, "l", scene.Listed))}
	case scene.Rules:
		var rules []object
		for _, r := range scene.TenRules() {
			rules = append(rules, rule(
				condition("Country", oneOf, "l", r.Countries), condition("Version", atLeast, "s", r.Minimum)))
		}
		setting["r"] = rules
	case scene.Percent:
		setting["p"] = []object{{"p": scene.Share, "v": on}, {"p": 100 - scene.Share, "v": off}}
	case scene.KeyList:
		setting["r"] = []object{rule(condition("Identifier", oneOf, "l", scene.Members(w.ListSize)))}
	case scene.Split:
		var options []object
		for _, arm := range scene.Arms {
			options = append(options, object{"p": arm.Weight, "v": object{"s": arm.Name}})
		}
		return object{"t": 1, "v": object{"s": ""}, "p": options}
	}
	return setting
}

//go:noinline
func configCatBoolean(
	client *configcat.Client, key string, subjects *[scene.Rotation]*configCatUser, users *scene.AllUsers,
) *contender.Runner {
	return &contender.Runner{
		Beforehand: func(n int) (sum uint64) {
			for i := range n {
				if client.GetBoolValue(key, false, subjects[i&scene.Mask]) {
					sum++
				}
			}
			return sum
		},
		InCall: func(n int) (sum uint64) {
			for i := range n {
				if client.GetBoolValue(key, false, newConfigCatUser(&users[i&scene.Mask])) {
					sum++
				}
			}
			return sum
		},
		Answer: func(u *scene.User) uint64 {
			if client.GetBoolValue(key, false, newConfigCatUser(u)) {
				return 1
			}
			return 0
		},
	}
}

//go:noinline
func configCatSplit(
	client *configcat.Client, key string, subjects *[scene.Rotation]*configCatUser, users *scene.AllUsers,
) *contender.Runner {
	return &contender.Runner{
		Beforehand: func(n int) (sum uint64) {
			for i := range n {
				sum += uint64(len(client.GetStringValue(key, "", subjects[i&scene.Mask])))
			}
			return sum
		},
		InCall: func(n int) (sum uint64) {
			for i := range n {
				sum += uint64(len(client.GetStringValue(key, "", newConfigCatUser(&users[i&scene.Mask]))))
			}
			return sum
		},
		Answer: func(u *scene.User) uint64 {
			return uint64(len(client.GetStringValue(key, "", newConfigCatUser(u))))
		},
	}
}
