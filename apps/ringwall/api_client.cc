#include "api_client.h"

#include <charconv>

#include "awsapi/model.h"
#include "awsapi/sigv4.h"
#include "http/client.h"
#include "os/files.h"
#include "text/encode.h"

namespace ringwall::app {

using text::Json;

namespace {

constexpr std::chrono::seconds patience{30};
constexpr std::size_t certificate_bytes_max = 64UL * 1024;
constexpr int depth_max = 32;
constexpr const char* host = "localhost";

std::string unescaped(std::string_view text) {
  static constexpr std::pair<std::string_view, char> entities[] = {
      {"&lt;", '<'},   {"&gt;", '>'},   {"&amp;", '&'},  {"&quot;", '"'}, {"&apos;", '\''},
      {"&#10;", '\n'}, {"&#xA;", '\n'}, {"&#13;", '\r'}, {"&#xD;", '\r'}, {"&#9;", '\t'}};
  std::string out;
  while (!text.empty()) {
    bool found = false;
    for (const auto& [entity, character] : entities)
      if (text.starts_with(entity)) {
        out += character;
        text.remove_prefix(entity.size());
        found = true;
        break;
      }
    if (found) continue;
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

// Elements, text and references, as the server writes them; no comments, sections or entities.
class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : text_(text) {}

  Result<Element> read() {
    if (text_.starts_with("<?")) text_.remove_prefix(std::min(text_.find("?>") + 2, text_.size()));
    skip_space();
    return element(0);
  }

 private:
  void skip_space() {
    while (!text_.empty() &&
           (text_.front() == '\n' || text_.front() == ' ' || text_.front() == '\r'))
      text_.remove_prefix(1);
  }

  static std::unexpected<Error> malformed() {
    return fail(Failure::corrupt, "the server's reply is not well-formed XML");
  }

  Result<Element> element(int depth) {
    const std::size_t end = text_.find('>');
    if (depth > depth_max || !text_.starts_with('<') || end == std::string_view::npos || end < 2)
      return malformed();
    std::string_view tag = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    const bool is_empty = tag.ends_with('/');
    if (is_empty) tag.remove_suffix(1);
    Element one{.name = std::string(tag.substr(0, tag.find(' '))), .text = {}};
    while (!is_empty) {
      const std::size_t next = text_.find('<');
      if (next == std::string_view::npos) return malformed();
      one.text += unescaped(text_.substr(0, next));
      text_.remove_prefix(next);
      const std::string close = "</" + one.name + ">";
      if (text_.starts_with(close)) {
        text_.remove_prefix(close.size());
        break;
      }
      RW_TRY(Element child, element(depth + 1));
      one.children.push_back(std::move(child));
    }
    if (!one.children.empty()) one.text.clear();
    return one;
  }

  std::string_view text_;
};

}  // namespace

const Element& Element::operator[](std::string_view child) const {
  static const Element none;
  for (const Element& one : children)
    if (one.name == child) return one;
  return none;
}

bool Element::is(std::string_view child) const {
  return !(*this)[child].name.empty();
}

Result<Element> parse_xml(std::string_view text) {
  return XmlReader(text).read();
}

Result<ApiClient> ApiClient::open(const std::string& data) {
  RW_TRY(const Json environment, environment_of(data));
  ApiClient client;
  const std::string url = environment.str("AWS_ENDPOINT_URL");
  const std::size_t colon = url.rfind(':');
  if (!url.starts_with("https://") || colon < 8)
    return fail(Failure::corrupt, "`" + url + "` is no address of a server");
  client.address_ = url.substr(8, colon - 8);
  if (client.address_.starts_with('['))
    client.address_ = client.address_.substr(1, client.address_.size() - 2);
  std::from_chars(url.data() + colon + 1, url.data() + url.size(), client.port_);
  client.region_ = environment.str("AWS_REGION");
  RW_TRY(const std::string certificate,
         os::read_file(environment.str("AWS_CA_BUNDLE"), certificate_bytes_max));
  RW_TRY(auto trust, crypto::TlsContext::client(certificate));
  client.trust_ = std::make_shared<const crypto::TlsContext>(std::move(trust));
  client.keys_ = {
      environment.str("AWS_ACCESS_KEY_ID"), {}, Secret(environment.text("AWS_SECRET_ACCESS_KEY"))};
  return client;
}

Result<ApiClient> ApiClient::assume(const std::string& role_arn) const {
  RW_TRY(const Element reply,
         query("sts", "AssumeRole",
               {{"RoleArn", role_arn}, {"RoleSessionName", "ringwall-generate"}}));
  const Element& credentials = reply["AssumeRoleResult"]["Credentials"];
  ApiClient session;
  session.address_ = address_;
  session.region_ = region_;
  session.port_ = port_;
  session.trust_ = trust_;
  session.keys_ = {credentials["AccessKeyId"].text, credentials["SessionToken"].text,
                   Secret(std::string_view(credentials["SecretAccessKey"].text))};
  return session;
}

Result<Json> ApiClient::json(const std::string& service, const std::string& action,
                             const Json& input) const {
  const awsapi::Model* model = awsapi::builtin_model(service);
  RW_TRY(const std::string body,
         send(service, "application/x-amz-json-1.1",
              std::string(model->target_prefix()) + "." + action, input.dump()));
  return body.empty() ? Result<Json>(Json::object()) : text::parse_json(body);
}

Result<Element> ApiClient::query(const std::string& service, const std::string& action,
                                 const Parameters& input) const {
  const awsapi::Model* model = awsapi::builtin_model(service);
  std::string body = "Action=" + action + "&Version=" + std::string(model->api_version());
  for (const auto& [name, value] : input) body += "&" + name + "=" + text::percent_encode(value);
  RW_TRY(const std::string reply, send(service, "application/x-www-form-urlencoded", "", body));
  return parse_xml(reply);
}

Result<std::string> ApiClient::send(const std::string& service, const std::string& content_type,
                                    const std::string& target, const std::string& body) const {
  std::map<std::string, std::string, std::less<>> headers = {{"host", host},
                                                             {"content-type", content_type}};
  if (!target.empty()) headers["x-amz-target"] = target;
  http::OutgoingRequest request{.method = "POST", .target = "/"};
  request.body = body;
  awsapi::WireRequest wire{
      .method = "POST", .path = "/", .query = {}, .header = {}, .body = request.body};
  wire.header = [&](std::string_view name) -> std::optional<std::string_view> {
    const auto found = headers.find(name);
    return found == headers.end() ? std::nullopt : std::optional<std::string_view>(found->second);
  };
  wire.each_header = [&](const std::function<void(std::string_view, std::string_view)>& visit) {
    for (const auto& [name, value] : headers) visit(name, value);
  };
  for (const auto& [name, value] : headers) request.headers.add(name, value);
  const awsapi::Model* model = awsapi::builtin_model(service);
  for (const auto& [name, value] :
       awsapi::sign(wire, keys_.access_key, keys_.secret, keys_.session_token, region_,
                    model->signing_name(), os::SystemClock().now()))
    request.headers.add(name, value);
  RW_TRY(auto connection, http::Client::connect_tls(address_, port_, host, *trust_, patience));
  RW_TRY(auto response, connection.send(request, patience));
  if (response.status == 200) return std::move(response.body);
  std::string why = response.body;
  if (const auto error = text::parse_json(response.body))
    why = error->str("__type") + ": " + error->str("message") + error->str("Message");
  else if (const auto xml = parse_xml(response.body)) {
    const Element& inner = xml->is("Error") ? (*xml)["Error"] : (*xml)["Errors"]["Error"];
    why = inner["Code"].text + ": " + inner["Message"].text;
  }
  return fail(response.status == 403 ? Failure::denied : Failure::invalid,
              service + " refused: " + why);
}

}  // namespace ringwall::app
