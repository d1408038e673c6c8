// Opening the data: an index of its lines, and the check that every line says something.

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "catalogue/catalogue.h"
#include "catalogue/detail/line.h"

namespace ringwall::embedded {
std::string_view catalogue(std::string_view name);  // the data files in this binary
}

namespace ringwall::catalogue {

using detail::number_of;

class Reader {
 public:
  explicit Reader(std::string_view data) : data_(data) {}

  // Builds the index: the header, the table of services, and where every line begins.
  Result<Catalogue> index() {
    split_lines();
    RW_DO(read_header());
    RW_TRY(const std::size_t globals, read_count("global"));
    RW_TRY(catalogue_.globals_, take(globals));
    RW_TRY(const std::size_t services, read_count("services"));
    RW_TRY(const auto table, take(services));
    for (const std::string_view line : table) RW_DO(read_service(line));
    for (Service& service : catalogue_.services_) RW_DO(read_section(service));
    if (next_ != catalogue_.lines_.size()) return refuse("lines after the last service's");
    return std::move(catalogue_);
  }

 private:
  struct Counts {
    std::size_t keys, types, actions;
  };

  std::unexpected<Error> refuse(std::string_view why) const {
    return fail(Failure::corrupt, "the catalogue's line " + std::to_string(next_) + ": " +
                                      std::string(why) + ": make it with tools/import_catalogue");
  }

  void split_lines() {
    std::string_view rest = data_;
    catalogue_.lines_.reserve(rest.size() / 32);
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      catalogue_.lines_.push_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  Result<std::span<const std::string_view>> take(std::size_t count) {
    if (count > catalogue_.lines_.size() - next_) return refuse("the data ends too early");
    const auto lines = std::span<const std::string_view>(catalogue_.lines_).subspan(next_, count);
    next_ += count;
    return lines;
  }

  // The fields of the next line.
  Result<std::vector<std::string_view>> fields(std::size_t count) {
    RW_TRY(const auto line, take(1));
    std::vector<std::string_view> fields;
    detail::for_each_field(line[0], '\t', [&](std::string_view field) { fields.push_back(field); });
    if (fields.size() != count) return refuse("not as many fields as the format has");
    return fields;
  }

  Result<> read_header() {
    RW_TRY(const auto header, fields(2));
    if (header[0] != "ringwall-catalogue") return refuse("not a catalogue");
    if (header[1] != format_version) return refuse("a format this program does not read");
    RW_TRY(const auto source, fields(4));
    catalogue_.source_ = source[1];
    catalogue_.source_version_ = source[2];
    catalogue_.source_licence_ = source[3];
    return {};
  }

  Result<std::size_t> read_count(std::string_view what) {
    RW_TRY(const auto line, fields(2));
    const auto count = number_of(line[1]);
    if (line[0] != what || !count) return refuse("not the number of " + std::string(what));
    return *count;
  }

  Result<> read_service(std::string_view line) {
    std::vector<std::string_view> fields;
    detail::for_each_field(line, '\t', [&](std::string_view field) { fields.push_back(field); });
    if (fields.size() != 6) return refuse("a service has six fields");
    const auto keys = number_of(fields[2]), types = number_of(fields[3]),
               actions = number_of(fields[4]);
    if (!keys || !types || !actions) return refuse("a service states three numbers");
    Service service;
    service.prefix_ = fields[0];
    service.name_ = fields[1];
    service.reached_by_rcps_ = fields[5] == "rcp";
    catalogue_.services_.push_back(service);
    counts_.push_back({*keys, *types, *actions});
    return {};
  }

  Result<> read_section(Service& service) {
    const auto at = static_cast<std::size_t>(&service - catalogue_.services_.data());
    RW_TRY(service.keys_, take(counts_[at].keys));
    RW_TRY(service.types_, take(counts_[at].types));
    RW_TRY(service.actions_, take(counts_[at].actions));
    for (const std::string_view line : service.keys_) {
      const std::string_view key = detail::first_field(line);
      const bool own =
          key.starts_with(service.prefix_) && key.substr(service.prefix_.size(), 1) == ":";
      if (!own && !key.starts_with("aws:")) catalogue_.foreign_keys_.push_back(line);
    }
    return {};
  }

  std::string_view data_;
  std::size_t next_ = 0;
  Catalogue catalogue_;
  std::vector<Counts> counts_;
};

namespace {

bool all_below(std::string_view numbers, char separator, std::size_t limit) {
  bool all = true;
  detail::for_each_field(numbers, separator, [&](std::string_view field) {
    const auto number = number_of(field);
    all = all && number && *number < limit;
  });
  return all;
}

bool sorted(std::span<const std::string_view> lines) {
  return std::ranges::is_sorted(
      lines, [](auto a, auto b) { return detail::compare_ignoring_case(a, b) < 0; },
      detail::first_field);
}

struct Sections {
  std::span<const std::string_view> keys, types, actions;
};

bool well_stated(const Sections& service) {
  const auto key = [](std::string_view line) { return detail::key_of(line).has_value(); };
  const auto type = [&](std::string_view line) {
    const auto fields = detail::resource_type_of(line);
    return fields && all_below(fields->keys, ' ', service.keys.size());
  };
  const auto action = [&](std::string_view line) {
    const auto fields = detail::action_of(line);
    bool all = fields && all_below(fields->keys, ' ', service.keys.size());
    if (!all) return false;
    detail::for_each_field(fields->resources, ' ', [&](std::string_view field) {
      const auto resource = detail::resource_of(field);
      all = all && resource && resource->type < service.types.size() &&
            all_below(resource->keys, ',', service.keys.size());
    });
    return all;
  };
  return sorted(service.keys) && sorted(service.types) && sorted(service.actions) &&
         std::ranges::all_of(service.keys, key) && std::ranges::all_of(service.types, type) &&
         std::ranges::all_of(service.actions, action);
}

}  // namespace

Result<Catalogue> Catalogue::read(std::string_view data) {
  RW_TRY(Catalogue catalogue, Reader(data).index());
  const auto refuse = [](std::string_view which) {
    return fail(Failure::corrupt, "the catalogue does not state " + std::string(which) + " well");
  };
  if (!well_stated({catalogue.globals_, {}, {}})) return refuse("the global keys");
  if (!std::ranges::is_sorted(
          catalogue.services_,
          [](auto a, auto b) { return detail::compare_ignoring_case(a, b) < 0; }, &Service::prefix))
    return refuse("its services in order");
  for (const Service& service : catalogue.services_) {
    if (!well_stated({service.keys_, service.types_, service.actions_}))
      return refuse("the service `" + std::string(service.prefix_) + "`");
  }
  return catalogue;
}

// The data in the binary was checked by a test, so opening it builds the index only.
const Catalogue& Catalogue::builtin() {
  static const Catalogue catalogue = [] {
    auto indexed = Reader(embedded::catalogue("catalogue.txt")).index();
    RW_CHECK(indexed.has_value());
    return *std::move(indexed);
  }();
  return catalogue;
}

}  // namespace ringwall::catalogue
