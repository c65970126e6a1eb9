//! Users, devices and streams.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;

use super::request::{Call, Names, sane, unknown_query};
use super::response::{OK, json, json_list};
use super::{body, uncancelled};
use crate::api_error::ApiError;
use crate::service::{Service, StreamFilter};

type User = Call<String>;
type Device = Call<(String, String)>;
type Stream = Call<(String, String, String)>;

pub(super) async fn list_users(call: Call<()>) -> Result<Response, ApiError> {
    let Call { service, principal, parameters, .. } = call;
    match parameters.query() {
        Some("ls") => {
            let list = |service: Arc<Service>, by| async move { service.list_users(&by).await };
            json_list(service, principal, list).await
        }
        _ => Err(unknown_query()),
    }
}

pub(super) async fn read_user(call: User) -> Result<Response, ApiError> {
    let Call { service, principal, path, parameters } = call;
    let path = path.to_read()?;
    match parameters.query() {
        None => json(&service.read_user(&principal, &path).await?),
        Some("ls" | "devices") => {
            let list =
                |service: Arc<Service>, by| async move { service.list_devices(&by, &path).await };
            json_list(service, principal, list).await
        }
        Some("streams") => {
            let set = |name| parameters.get(name) == Some("true");
            let filter = StreamFilter {
                public: set("public"),
                downlink: set("downlink"),
                visible: set("visible"),
            };
            let list = |service: Arc<Service>, by| async move {
                service.list_user_streams(&by, &path, filter).await
            };
            json_list(service, principal, list).await
        }
        Some(_) => Err(unknown_query()),
    }
}

pub(super) async fn create_user(call: User, request: Request) -> Result<Response, ApiError> {
    let Call { service, principal, path: name, .. } = call;
    sane(&name)?;
    service.check_create_user(&principal)?;
    let create = body::parsed(&service, &principal, request, body::creation).await?;
    uncancelled(async move { json(&service.create_user(&principal, &name, create).await?) }).await
}

pub(super) async fn update_user(call: User, request: Request) -> Result<Response, ApiError> {
    let Call { service, principal, path, .. } = call;
    let path = path.to_change()?;
    service.check_update_user(&principal, &path).await?;
    let update = body::parsed(&service, &principal, request, body::update).await?;
    uncancelled(async move { json(&service.update_user(&principal, &path, update).await?) }).await
}

pub(super) async fn delete_user(call: User) -> Result<&'static str, ApiError> {
    let Call { service, principal, path, .. } = call;
    let path = path.to_change()?;
    uncancelled(async move { service.delete_user(&principal, &path).await }).await?;
    Ok(OK)
}

pub(super) async fn read_device(call: Device) -> Result<Response, ApiError> {
    let Call { service, principal, path, parameters } = call;
    let path = path.to_read()?;
    match parameters.query() {
        None => json(&service.read_device(&principal, &path).await?),
        Some("ls" | "streams") => {
            let list =
                |service: Arc<Service>, by| async move { service.list_streams(&by, &path).await };
            json_list(service, principal, list).await
        }
        Some(_) => Err(unknown_query()),
    }
}

pub(super) async fn create_device(call: Device, request: Request) -> Result<Response, ApiError> {
    let Call { service, principal, path: (user, name), .. } = call;
    sane(&name)?;
    let user = user.to_change()?;
    service.check_create_device(&principal, &user).await?;
    let create = body::parsed(&service, &principal, request, body::creation).await?;
    uncancelled(
        async move { json(&service.create_device(&principal, &user, &name, create).await?) },
    )
    .await
}

pub(super) async fn update_device(call: Device, request: Request) -> Result<Response, ApiError> {
    let Call { service, principal, path, .. } = call;
    let path = path.to_change()?;
    service.check_update_device(&principal, &path).await?;
    let update = body::parsed(&service, &principal, request, body::update).await?;
    uncancelled(async move { json(&service.update_device(&principal, &path, update).await?) }).await
}

pub(super) async fn delete_device(call: Device) -> Result<&'static str, ApiError> {
    let Call { service, principal, path, .. } = call;
    let path = path.to_change()?;
    uncancelled(async move { service.delete_device(&principal, &path).await }).await?;
    Ok(OK)
}

pub(super) async fn read_stream(call: Stream) -> Result<Response, ApiError> {
    let Call { service, principal, path, parameters } = call;
    let path = path.to_read()?;
    match parameters.query() {
        None => json(&service.read_stream(&principal, &path).await?),
        Some(_) => Err(unknown_query()),
    }
}

pub(super) async fn create_stream(call: Stream, request: Request) -> Result<Response, ApiError> {
    let Call { service, principal, path: (user, device, name), .. } = call;
    sane(&name)?;
    let device = (user, device).to_change()?;
    service.check_create_stream(&principal, &device).await?;
    let create = body::parsed(&service, &principal, request, body::creation).await?;
    uncancelled(
        async move { json(&service.create_stream(&principal, &device, &name, create).await?) },
    )
    .await
}

pub(super) async fn update_stream(call: Stream, request: Request) -> Result<Response, ApiError> {
    let Call { service, principal, path, .. } = call;
    let path = path.to_change()?;
    service.check_update_stream(&principal, &path).await?;
    let update = body::parsed(&service, &principal, request, body::update).await?;
    uncancelled(async move { json(&service.update_stream(&principal, &path, update).await?) }).await
}

pub(super) async fn delete_stream(call: Stream) -> Result<&'static str, ApiError> {
    let Call { service, principal, path, parameters } = call;
    let path = path.to_change()?;
    let only_downlink = parameters.downlink();
    uncancelled(async move { service.delete_stream(&principal, &path, only_downlink).await })
        .await?;
    Ok(OK)
}
